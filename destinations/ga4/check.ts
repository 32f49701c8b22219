import { z } from 'zod'
import type { Verdict } from '../define.ts'
import { failureOf, notJson } from '../meaning.ts'
import { bodyWriter } from './body.ts'
import { account, collectUrl, type Ga4Connection, syncSettings } from './connection.ts'
import { asked } from './send.ts'

const validation = z.object({
  validationMessages: z.array(z.object({ validationCode: z.string(), fieldPath: z.string().optional() })),
})

/** Has an event of nobody validated, which Google does not keep. It looks at the event's form, not at secret and stream. */
export async function check(connection: Ga4Connection): Promise<Verdict> {
  const body = bodyWriter(connection.settings, {
    id: 0,
    operation: 'add',
    identifiers: ['CLIENT_ID', 'APP_INSTANCE_ID'],
    events: [],
    name: 'added_to_segment',
    audience: { id: 'check', name: 'check' },
    settings: syncSettings.parse({}),
    repeated: false,
    since: new Date(),
  })({ key: '', values: ['1.1', '0'.repeat(32)], eventId: 'check', at: new Date(), properties: {} })
  const { status, json } = await asked(
    connection,
    collectUrl(connection, '/debug/mp/collect'),
    body ?? Buffer.from('{}'),
  )
  const answer = validation.safeParse(json)
  if (status >= 300 || !answer.success)
    throw failureOf('Google Analytics', notJson('Google Analytics'), { code: `http ${status}` })
  const problems = answer.data.validationMessages.map(({ validationCode }) => ({
    what: `Google Analytics does not accept the form of our events (${codeOf(validationCode)}).`,
    whose: 'this service',
    next: 'Report it: the form of the events follows the documents of the Measurement Protocol.',
    code: codeOf(validationCode),
  }))
  if (problems.length > 0) return { ok: false, account: account(connection), problems }
  return { ok: true, account: account(connection), problems: [NOT_LOOKED_AT] }
}

const codeOf = (code: string): string => (/^[A-Z_]{1,60}$/.test(code) ? code : 'unknown')

/** Said also where all is well: Google answers the same to a wrong secret. */
const NOT_LOOKED_AT = {
  what: 'The form of the events is right. Google Analytics checks neither the API secret nor the id of the stream, here or later: events with a wrong one vanish in silence.',
  whose: 'you',
  next: "Compare both with the data stream's page, and look for the first events in the property's Realtime report.",
  code: 'not-checked',
}
