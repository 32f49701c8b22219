import type { Demo } from '../demo/set-up.ts'

export type Addresses = { api: string; temporalUi: string | undefined; sandbox: string }

/** What a new user needs to know once everything runs. `key` is the first API key, when it is known. */
export function welcome(
  { api, temporalUi, sandbox }: Addresses,
  key: string | undefined,
  demo: Demo | undefined,
): string {
  const facts = [
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
    ...(demo ? demoLines(api, sandbox, demo) : [`Try next: open ${api}/docs and connect a source of your own.`]),
    '',
    'Ctrl-C stops everything in order; the next start goes on where this one ended.',
  ]
  const rule = '─'.repeat(100)
  return ['', rule, ...lines.map((line) => `  ${line}`.trimEnd()), rule, ''].join('\n')
}

const demoLines = (api: string, sandbox: string, { audienceId, syncId, listId, people }: Demo) => [
  `The demo: ${people.toLocaleString('en')} invented people who change a little all the time, an audience over them that is`,
  'refreshed each minute, and a list at a sandbox account of Meta that is kept in step with it.',
  '',
  'Try next, with KEY set to the API key:',
  '',
  `curl -H "Authorization: Bearer $KEY" ${api}/v1/audiences/${audienceId}/runs        # with counts`,
  `curl -H "Authorization: Bearer $KEY" '${api}/v1/audiences/${audienceId}/logs?level=info'      # in sentences`,
  `curl -H "Authorization: Bearer $KEY" -X POST ${api}/v1/audiences/${audienceId}/instant-sync`,
  `curl -H "Authorization: Bearer $KEY" ${api}/v1/syncs/${syncId}`,
  `curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"memberId":"P000007"}' ${api}/v1/people/lookup`,
  `curl '${sandbox}/_sandbox/meta/lists/${listId}?limit=3'        # what the platform holds`,
]
