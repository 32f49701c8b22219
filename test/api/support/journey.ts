import postgres from 'postgres'
import type { Api } from './api.ts'

/** Runs statements at the customer's own database. */
export async function atSource(api: Api, statements: string): Promise<void> {
  const sql = postgres(api.sourceUrl, { max: 1, onnotice: () => {} })
  await sql.unsafe(statements).finally(() => sql.end())
}

export const peopleTable = `
  create table if not exists people (id text primary key, email text, phone text, first_name text, vip boolean);
  insert into people values
    ('p1', 'ada@example.test', '+1 202 555 0101', 'Ada', true),
    ('p2', 'grace@example.test', '(202) 555-0102', 'Grace', true),
    ('p3', 'broken.example.test', null, 'Edsger', false),
    ('p4', null, null, 'Barbara', false)
  on conflict do nothing;`

export async function aSource(api: Api): Promise<string> {
  await atSource(api, peopleTable)
  return (
    await api.must('POST', '/v1/sources', { name: 'Shop', kind: 'postgres', credentials: { url: api.sourceUrl } })
  ).id
}

export const aDestination = async (api: Api): Promise<string> =>
  (await api.must('POST', '/v1/destinations', { name: 'Meta', platform: 'meta', sandbox: true })).id

/** A dynamic audience over `people` with fields chosen. */
export async function anAudience(api: Api, more: object = {}): Promise<string> {
  const id = await aSource(api)
  const audience = await api.must('POST', '/v1/audiences', {
    name: 'Readers',
    kind: 'dynamic',
    source: { id, table: 'people', memberId: 'id' },
    refreshInterval: '1d',
    ...more,
  })
  await api.must('PUT', `/v1/audiences/${audience.id}/schema`, { fields: ['email', 'phone', 'first_name'] })
  return audience.id
}

export const mapping = { EMAIL: 'email', PHONE: 'phone', FN: 'first_name' }

/** An audience with a sync that is on, to a new list. */
export async function aReadyAudience(api: Api) {
  const audienceId = await anAudience(api)
  const destinationId = await aDestination(api)
  const sync = await api.must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId,
    mode: 'list',
    list: { create: { name: 'Readers' } },
    mapping,
    enabled: true,
  })
  return { audienceId, destinationId, syncId: String(sync.id), listId: String(sync.list.id) }
}

export async function anActiveAudience(api: Api) {
  const ready = await aReadyAudience(api)
  await api.must('POST', `/v1/audiences/${ready.audienceId}/activate`)
  return ready
}
