import type { Demo } from '../demo/set-up.ts'

export type Addresses = { api: string; temporalUi: string | undefined; sandbox: string }

/** What a new user needs to know once everything runs. `key` is the first API key, when it is known. */
export function welcome(
  { api, temporalUi, sandbox }: Addresses,
  key: string | undefined,
  demo: Demo | undefined,
): string {
  const facts = [
    ['Console', api],
    ['API', `${api}/v1`],
    ['API docs', `${api}/docs`],
    ['Temporal UI', temporalUi ?? 'that of your Temporal server'],
    ['Sandbox', `${sandbox}/_sandbox`],
    ['API key', key ?? 'made earlier, and not kept here'],
  ]
  const lines = [
    'Audience Sync is running.',
    '',
    ...facts.map(([name, value]) => `${name?.padEnd(12)} ${value}`),
    '',
    ...(demo ? demoLines({ api, temporalUi, sandbox }, key, demo) : []),
    `An audience of your own: in the console (sign in with the API key), or by copy and paste: README.md. Every route: ${api}/docs`,
    '',
    'Ctrl-C stops everything in order; the next start goes on where this one ended.',
  ]
  const rule = '─'.repeat(100)
  return ['', rule, ...lines.map((line) => `  ${line}`.trimEnd()), rule, ''].join('\n')
}

const demoLines = ({ api, temporalUi, sandbox }: Addresses, key: string | undefined, demo: Demo) => [
  `The demo: ${demo.people.toLocaleString('en')} invented people who change a little all the time, an audience over them that is`,
  'refreshed each minute, and a list at a sandbox account of Meta that is kept in step with it. Its runs with counts, its',
  'logs, a sync at once, one person (where, since when, and if not, why not), and what the platform holds:',
  '',
  `KEY=${key}`,
  `call() { curl -sS -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' "$@"; echo; }`,
  `call ${api}/v1/audiences/${demo.audienceId}/runs`,
  `call ${api}/v1/audiences/${demo.audienceId}/logs`,
  `call -X POST ${api}/v1/audiences/${demo.audienceId}/instant-sync`,
  `call ${api}/v1/people/lookup -d '{"memberId":"P000007"}'`,
  `curl -sS '${sandbox}/_sandbox/meta/lists/${demo.listId}?limit=3'`,
  '',
  ...(temporalUi ? [`Its workflow: ${temporalUi}/audience-${demo.audienceId}`] : []),
]
