import type { EventRules } from '../events/events.ts'

/** What names a person in `user_data`, of what may be sent there. */
const naming = new Set([
  ...['em', 'ph', 'external_id', 'fbp', 'fbc', 'madid', 'anon_id', 'subscription_id', 'fb_login_id', 'lead_id'],
  ...['page_scoped_user_id', 'ctwa_clid', 'ig_sid'],
])

/** How Meta treats events: the first of a name and id counts for two days. */
export const eventRules: EventRules = {
  identity: { names: (key) => naming.has(key), weak: ['client_ip_address', 'client_user_agent'] },
  dedupe: { windowMs: 48 * 3_600_000 },
}
