import { defineEvents } from '../define-events.ts'
import { audienceRule } from './audience-rule.ts'
import { check } from './check.ts'
import { account, credentials, lacks, settings, syncSettings } from './connection.ts'
import { identifiers } from './identifiers.ts'
import { limits } from './limits.ts'
import { newSecret } from './secret.ts'
import { send } from './send.ts'

/** Any receiver of webhooks: joins and leaves as signed requests by Standard Webhooks. */
export const webhook = defineEvents({
  name: 'Webhook',
  // each account names an address of its own
  api: {
    baseUrl: 'https://webhook.invalid',
    version: '1.0.0',
    sunset: null,
    docs: 'https://www.standardwebhooks.com/',
  },
  settings,
  credentials,
  syncSettings,
  identifiers,
  normaliserVersion: 1,
  limits,
  // every answer is final, so that nothing is ever asked
  settlement: { firstAskAfterMs: 0, deadlineMs: 0 },
  account,
  quotas: () => ({}),
  lacks,
  ownSecret: { field: 'secret', previous: 'previousSecret', make: newSecret },
  event: { check, send, audienceRule },
})
