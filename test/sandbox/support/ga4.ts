import type { Reply, Sandbox } from './sandbox.ts'
import { send } from './sandbox.ts'

export interface Ga4Account {
  id: string
  propertyId: string
  secret: string
  token: string
}

export async function newGa4Account(sandbox: Sandbox): Promise<Ga4Account> {
  const { settings, credentials } = (await sandbox.control('POST', '/accounts', { platform: 'ga4' })).body
  return {
    id: settings.measurement_id,
    propertyId: settings.property_id,
    secret: credentials.api_secret,
    token: credentials.access_token,
  }
}

export const client = (number: number) => `${number}.1790000000`

export function collect(
  sandbox: Sandbox,
  { id, secret }: Pick<Ga4Account, 'id' | 'secret'>,
  payload: unknown,
  path = '/mp/collect',
): Promise<Reply> {
  const query = new URLSearchParams({ measurement_id: id, api_secret: secret })
  return send(`${sandbox.url}/ga4${path}?${query}`, 'POST', {}, payload)
}

export function membership(action: 'added' | 'removed', params: object = {}): object {
  return {
    name: action === 'added' ? 'added_to_segment' : 'removed_from_segment',
    params: { segment_id: 'seg', segment_name: 'VIP', action, occurred_at: '2026-07-20T10:00:00Z', ...params },
  }
}

export interface ShownEvent {
  name: string
  outcome: string
  reason: string | null
  repeats: number
  time: string
}

export async function ga4Events(sandbox: Sandbox, stream: string): Promise<ShownEvent[]> {
  return (await sandbox.control('GET', `/ga4/events?stream=${encodeURIComponent(stream)}&limit=10000`)).body.events
}

export async function ga4State(sandbox: Sandbox, { id }: Ga4Account, audience = 'seg'): Promise<unknown[]> {
  return (await sandbox.control('GET', `/ga4/state?audience=${audience}&stream=${id}`)).body.members
}
