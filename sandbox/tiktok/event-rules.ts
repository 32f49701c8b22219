import type { EventRules } from '../events/events.ts'

const naming = new Set(['email', 'phone', 'external_id', 'ttp', 'ttclid', 'idfa', 'gaid'])

/** How TikTok treats events: the first of an event and id counts for two days. */
export const eventRules: EventRules = {
  identity: { names: (key) => naming.has(key), weak: ['ip', 'user_agent'] },
  dedupe: { windowMs: 48 * 3_600_000 },
}
