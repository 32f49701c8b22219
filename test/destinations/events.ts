import type { EventBatch, EventDestination, MembershipEvent, OpenedEvents } from '../../destinations/define-events.ts'

type Opens = { readonly open: EventDestination['open'] }
type Account = Parameters<EventDestination['open']>[0]

/** An event destination bound to an account and talking to `baseUrl`; `paced` fills with the quotas that it asked for. */
export function openEventsAt(destination: Opens, baseUrl: string, account: Account, over: Partial<Lent> = {}) {
  const paced: string[] = []
  const opened: OpenedEvents = destination.open(account, {
    baseUrl,
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    sandbox: false,
    allowPrivate: true,
    pace: async ({ key }) => {
      paced.push(key)
    },
    onUsage: () => {},
    ...over,
  })
  return { opened, paced }
}

type Lent = Parameters<EventDestination['open']>[1]

export const AUDIENCE = { id: '6b1f7a0e-0000-4000-8000-000000000001', name: 'VIP 90 days' }
export const AT = new Date('2026-11-20T10:00:00.000Z')

/** An event id that is told apart by a number. */
export const eventId = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

export const anEvent = (number: number, over: Partial<MembershipEvent> = {}): MembershipEvent => ({
  key: `m${number}`,
  values: [],
  eventId: eventId(number),
  at: AT,
  properties: {},
  ...over,
})

export const anEventBatch = (over: Partial<EventBatch> = {}): EventBatch => ({
  id: 7,
  operation: 'add',
  identifiers: [],
  events: [],
  name: 'added_to_segment',
  audience: AUDIENCE,
  settings: {},
  repeated: false,
  since: new Date(),
  ...over,
})
