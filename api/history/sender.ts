import { identities } from '../../workflows/names.ts'

/**
 * Who sent a signal or started a workflow. An identity is free text: the SDKs put process and host into it, the command
 * line the login, a UI with sign-in the e-mail address. So only those that are ours are named.
 */
export function senderOf(identity: string | null | undefined, workflowId?: string | null): string {
  if (workflowId && /^(sync|settle)-[0-9a-f-]{36}$/.test(workflowId)) return 'a sync'
  if (workflowId && /^audience-[0-9a-f-]{36}$/.test(workflowId)) return 'the audience'
  if (identity === identities.api) return 'the API'
  if (identity === identities.housekeeping) return 'housekeeping'
  if (identity?.startsWith('temporal-cli:')) return 'somebody at the Temporal command line'
  return 'somebody in the Temporal UI or another program'
}
