import type { Reply, Sandbox } from './sandbox.ts'

export interface KlaviyoAccount {
  id: string
  key: string
}

export const revision = '2026-07-15'

export async function newKlaviyoAccount(sandbox: Sandbox, state?: object): Promise<KlaviyoAccount> {
  const { body } = await sandbox.control('POST', '/accounts', { platform: 'klaviyo' })
  if (state) await sandbox.control('PATCH', `/accounts/${body.id}`, { platform: 'klaviyo', ...state })
  return { id: body.settings.account_id, key: body.credentials.private_api_key }
}

/** Like `send`, for answers that may be empty. */
export async function klaviyo(
  sandbox: Sandbox,
  account: KlaviyoAccount,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await fetch(`${sandbox.url}/klaviyo${path}`, {
    method,
    headers: {
      authorization: `Klaviyo-API-Key ${account.key}`,
      revision,
      ...(body === undefined ? {} : { 'content-type': 'application/vnd.api+json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

export function listBody(attributes: object): object {
  return { data: { type: 'list', attributes } }
}

export async function newKlaviyoList(sandbox: Sandbox, account: KlaviyoAccount, name = 'vip_90d'): Promise<string> {
  const { body } = await klaviyo(sandbox, account, 'POST', '/api/lists', listBody({ name }))
  return body.data.id
}

export function profileBody(attributes: object, more: object = {}): object {
  return { data: { type: 'profile', attributes, ...more } }
}

/** Makes a profile, or finds it, and returns its id. */
export async function newProfile(sandbox: Sandbox, account: KlaviyoAccount, attributes: object): Promise<string> {
  const { body } = await klaviyo(sandbox, account, 'POST', '/api/profile-import', profileBody(attributes))
  return body.data.id
}

export function idsBody(...ids: string[]): object {
  return { data: ids.map((id) => ({ type: 'profile', id })) }
}

export function importBody(profiles: object[], ...lists: string[]): object {
  return {
    data: {
      type: 'profile-bulk-import-job',
      attributes: { profiles: { data: profiles.map((attributes) => ({ type: 'profile', attributes })) } },
      ...(lists.length > 0 ? { relationships: { lists: { data: lists.map((id) => ({ type: 'list', id })) } } } : {}),
    },
  }
}

export interface SentToKlaviyo {
  profile?: object
  metric?: string
  properties?: object
  [attribute: string]: unknown
}

const metricOf = (name: string) => ({ data: { type: 'metric', attributes: { name } } })
const membership = { segment_id: 'seg', segment_name: 'VIP', action: 'added' }

/** The body of one event; a profile by its attributes. */
export function eventBody({ profile = {}, metric = 'added_to_segment', properties, ...more }: SentToKlaviyo): object {
  const attributes = { metric: metricOf(metric), properties: { ...membership, ...properties }, ...more }
  return {
    data: { type: 'event', attributes: { ...attributes, profile: { data: { type: 'profile', attributes: profile } } } },
  }
}

/** The body of a bulk: an entry for each event. */
export function eventsBody(...events: SentToKlaviyo[]): object {
  const data = events.map(({ profile = {}, metric = 'added_to_segment', properties, ...more }) => ({
    type: 'event-bulk-create',
    attributes: {
      profile: { data: { type: 'profile', attributes: profile } },
      events: {
        data: [
          {
            type: 'event',
            attributes: { metric: metricOf(metric), properties: { ...membership, ...properties }, ...more },
          },
        ],
      },
    },
  }))
  return { data: { type: 'event-bulk-create-job', attributes: { 'events-bulk-create': { data } } } }
}

export const email = (name: string) => `${name}@example.test`

export function turnClock(sandbox: Sandbox, advance: string): Promise<Reply> {
  return sandbox.control('POST', '/clock', { platform: 'klaviyo', advance })
}

const lengths = { minute: 60_000, day: 86_400_000 }

/** Turns the clock to where the next minute or day begins, so that what follows falls into one window. */
export async function turnToNext(sandbox: Sandbox, window: keyof typeof lengths): Promise<void> {
  const { body } = await sandbox.control('GET', '/clock')
  const { now } = body.clocks.find(({ platform }: { platform: string }) => platform === 'klaviyo')
  await turnClock(sandbox, `${lengths[window] - (Date.parse(now) % lengths[window])}ms`)
}

/** The faults of a refusal as `[code, pointer or parameter]`. */
export function faults({ body }: Reply): [string, string][] {
  const errors: { code: string; source: { pointer?: string; parameter?: string } }[] = body.errors
  return errors.map(({ code, source }) => [code, source.pointer ?? source.parameter ?? ''])
}
