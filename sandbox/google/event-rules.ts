import type { EventRules } from '../events/events.ts'

const naming = new Set(['clientId', 'appInstanceId', 'userId'])

/**
 * How Google Analytics treats events: of those of one name, client and transaction id it keeps the first. It knows no
 * other repeats: what has the same `event_id` is counted only.
 */
export const eventRules: EventRules = {
  identity: { names: (key) => naming.has(key) },
  dedupe: {
    windowMs: ({ details }) => (details?.transactionId === undefined ? 0 : Number.POSITIVE_INFINITY),
    keyOf: ({ stream, name, id, identifiers, details }) => {
      if (id === undefined) return undefined
      const client = details?.transactionId === undefined ? '' : (identifiers.clientId ?? identifiers.appInstanceId)
      return [stream, name, id, client].join('\u001f')
    },
  },
}
