import type { Verdict } from '../define.ts'
import { DestinationFailure } from '../failure.ts'
import { reach } from '../outbound.ts'
import { account, lacks, type WebhookConnection } from './connection.ts'

/** Nothing is sent unasked: whether the secret is there, the address is allowed, and its host has a name that resolves. */
export async function check(connection: WebhookConnection): Promise<Verdict> {
  const missing = lacks(connection)
  const problem = await addressProblem(connection)
  const problems = [...(missing ? [{ ...missing, whose: 'you' }] : []), ...(problem ? [problem] : [])]
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, account: account(connection), problems: [ONLY_LOOKED_UP] }
}

/** Said also where all is well, as a check of a webhook can find out no more. */
const ONLY_LOOKED_UP = {
  what: 'The address is allowed and its host was found, but nothing was sent: only the first event shows whether the receiver takes it.',
  whose: 'nobody',
  next: 'Nothing: look at the first run of a sync.',
  code: 'not-tried',
}

async function addressProblem(connection: WebhookConnection): Promise<Verdict['problems'][number] | undefined> {
  try {
    await reach(connection.settings.url, connection)
    return undefined
  } catch (error) {
    if (!(error instanceof DestinationFailure)) throw error
    return {
      what: error.message,
      whose: 'you',
      next: 'Change the address of the destination.',
      ...(error.code !== undefined && { code: error.code }),
    }
  }
}
