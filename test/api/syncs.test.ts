import { expect, it } from 'vitest'
import { until } from '../support/deployment.ts'
import { useApi } from './support/api.ts'
import { aDestination, anActiveAudience, anAudience, aReadyAudience, mapping } from './support/journey.ts'

const api = useApi()
const lists = async (): Promise<{ id: string; name: string }[]> => (await api.sandbox('GET', '/meta/lists')).lists

/** Puts one member into the ledger of a sync, as a delivery would. */
async function holdSomebody(syncId: string): Promise<void> {
  const [sync] = await api.db.sql<[{ no: number }]>`select no from sync where id = ${syncId}`
  const { no } = sync
  await api.db.sql.unsafe(`create table if not exists ledger_${no} partition of ledger for values in (${no})`)
  await api.db
    .sql`insert into ledger (sync_no, member_key, fingerprint, state) values (${no}, gen_random_uuid(), 1, 'added')`
}
const held = async (syncId: string) =>
  Number(
    (await api.db.sql`select count(*) as n from ledger l join sync s on s.no = l.sync_no where s.id = ${syncId}`)[0]?.n,
  )

it('makes a new list and answers with the sync and its list', async () => {
  const { listId, syncId } = await aReadyAudience(api)
  expect(await lists()).toContainEqual(expect.objectContaining({ id: listId, name: 'Readers' }))
  expect(await api.must('GET', `/v1/syncs/${syncId}`)).toMatchObject({
    mode: 'list',
    keeping: 'mirror',
    list: { id: listId, name: 'Readers', created: true },
    mapping,
    enabled: true,
    version: 1,
    problem: null,
  })
})

it('suggests a mapping when none is given, and checks the one that is', async () => {
  const audienceId = await anAudience(api)
  const destinationId = await aDestination(api)
  const create = (name: string, more: object) =>
    api.call('POST', `/v1/audiences/${audienceId}/syncs`, { destinationId, list: { create: { name } }, ...more })
  expect((await create('Suggested', {})).body.mapping).toMatchObject(mapping)
  const wrong = await create('Wrong', { mapping: { EMIAL: 'email', PHONE: 'fax' } })
  expect(wrong.status).toBe(422)
  expect(wrong.body.errors).toEqual([
    { path: 'mapping.EMIAL', message: 'Meta has no such identifier' },
    { path: 'mapping.PHONE', message: 'fax is no chosen field' },
  ])
  const nobody = await create('Nobody', { mapping: { FN: 'first_name' }, enabled: true })
  expect(nobody).toMatchObject({ status: 422, body: { detail: expect.stringContaining('nobody could be sent') } })
  expect((await lists()).map(({ name }) => name)).not.toContain('Wrong')
})

it('gives a list to one mirror, and names the sync that has it', async () => {
  const first = await aReadyAudience(api)
  const audienceId = await anAudience(api, { name: 'Others' })
  const use = (keeping: string) =>
    api.call('POST', `/v1/audiences/${audienceId}/syncs`, {
      destinationId: first.destinationId,
      list: { id: first.listId },
      keeping,
    })
  for (const keeping of ['mirror', 'add_only'])
    expect(await use(keeping), keeping).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('"Readers" mirrors this list'), holder: { syncId: first.syncId } },
    })
  // two that only add get along, a mirror among them does not
  await api.must('DELETE', `/v1/syncs/${first.syncId}?members=keep`)
  expect((await use('add_only')).status).toBe(201)
  expect((await use('add_only')).status).toBe(201)
  expect(await use('mirror')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('"Others" adds to this list') },
  })
})

it('of two requests at once for the same list, one wins', async () => {
  const audienceId = await anAudience(api)
  const destinationId = await aDestination(api)
  const made = await api.must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId,
    list: { create: { name: 'Wanted' } },
  })
  await api.must('DELETE', `/v1/syncs/${made.id}?members=keep`)
  const replies = await Promise.all(
    [1, 2, 3].map(() =>
      api.call('POST', `/v1/audiences/${audienceId}/syncs`, { destinationId, list: { id: made.list.id } }),
    ),
  )
  expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409])
})

it('of two requests at once for a new list, one makes it', async () => {
  const audienceId = await anAudience(api)
  const destinationId = await aDestination(api)
  const name = 'Made at once'
  const replies = await Promise.all(
    [1, 2, 3].map(() =>
      api.call('POST', `/v1/audiences/${audienceId}/syncs`, { destinationId, list: { create: { name } } }),
    ),
  )
  expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  expect((await lists()).filter((list) => list.name === name)).toHaveLength(1)
})

it.each(['drop_after', 'server_error'])('finds the list again after an interrupted creation (%s)', async (fault) => {
  const audienceId = await anAudience(api)
  const destinationId = await aDestination(api)
  const body = { destinationId, list: { create: { name: `After ${fault}` } }, enabled: true }
  await api.sandbox('POST', '/faults', {
    platform: 'meta',
    fault,
    times: 1,
    match: { method: 'POST', path: 'customaudiences' },
  })
  const broken = await api.call('POST', `/v1/audiences/${audienceId}/syncs`, body)
  expect(broken).toMatchObject({ status: 502, body: { next: expect.stringContaining('same request again') } })
  expect((await api.must('GET', `/v1/audiences/${audienceId}/syncs`)).items).toMatchObject([
    { list: null, listWanted: `After ${fault}`, enabled: false },
  ])
  const again = await api.must('POST', `/v1/audiences/${audienceId}/syncs`, body)
  expect(again).toMatchObject({ list: { created: true }, listWanted: null, enabled: true })
  expect((await lists()).filter((list) => list.name === `After ${fault}`)).toHaveLength(1)
  expect((await api.must('GET', `/v1/audiences/${audienceId}/syncs`)).items).toHaveLength(1)
})

it('leaves nothing behind when the platform says no', async () => {
  const audienceId = await anAudience(api)
  const destinationId = await aDestination(api)
  await api.sandbox('POST', '/faults', {
    platform: 'meta',
    fault: 'permission',
    times: 1,
    match: { method: 'POST', path: 'customaudiences' },
  })
  const reply = await api.call('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId,
    list: { create: { name: 'Never' } },
  })
  expect([409, 422]).toContain(reply.status)
  expect((await api.must('GET', `/v1/audiences/${audienceId}/syncs`)).items).toEqual([])
})

it('raises the version with each change, asks for a run, and stops at a wrong one', async () => {
  const { syncId, audienceId } = await anActiveAudience(api)
  await api.db.sql`delete from run where audience_id = ${audienceId}`
  const changed = await api.must('PATCH', `/v1/syncs/${syncId}`, { mapping: { EMAIL: 'email' } })
  expect(changed).toMatchObject({ version: 2, mapping: { EMAIL: 'email' } })
  expect(await api.db.sql`select causes from run where audience_id = ${audienceId}`).toMatchObject([
    { causes: ['settings'] },
  ])
  expect(await api.must('PATCH', `/v1/syncs/${syncId}`, { enabled: false })).toMatchObject({
    version: 3,
    enabled: false,
  })
  expect(
    (await api.call('PATCH', `/v1/syncs/${syncId}`, { mapping: { FN: 'first_name' }, enabled: true })).status,
  ).toBe(422)
  expect((await api.call('POST', `/v1/syncs/${syncId}/instant-sync`)).body.detail).toBe('The sync is off.')
})

it('moves to another list: keep forgets and moves at once, remove empties first', async () => {
  const { syncId, destinationId } = await anActiveAudience(api)
  await holdSomebody(syncId)
  const move = (body: object) => api.call('PATCH', `/v1/syncs/${syncId}`, body)
  const undecided = await move({ list: { create: { name: 'Second' } } })
  expect(undecided).toMatchObject({ status: 422, body: { errors: [{ path: 'members' }] } })

  const kept = await move({ list: { create: { name: 'Second' } }, members: 'keep' })
  expect(kept).toMatchObject({ status: 200, body: { list: { name: 'Second', created: true }, emptying: false } })
  expect(await held(syncId)).toBe(0)
  expect(await api.db.sql`select event from member_history`).toMatchObject([{ event: 'list_changed' }])

  await holdSomebody(syncId)
  const emptied = await move({ list: { create: { name: 'Third' } }, members: 'remove' })
  expect(emptied.body).toMatchObject({ list: { name: 'Second' }, nextList: { name: 'Third' }, emptying: true })
  expect(await held(syncId)).toBe(1)
  // the list that it moves to is spoken for already
  const other = await anAudience(api)
  const third = emptied.body.nextList.id
  expect((await api.call('POST', `/v1/audiences/${other}/syncs`, { destinationId, list: { id: third } })).status).toBe(
    409,
  )
  expect((await move({ enabled: false })).status).toBe(409)
})

it('deletes: keep at once, remove when the list is empty', async () => {
  const one = await anActiveAudience(api)
  await holdSomebody(one.syncId)
  expect((await api.call('DELETE', `/v1/syncs/${one.syncId}`)).status).toBe(422)
  expect(await api.call('DELETE', `/v1/syncs/${one.syncId}?members=remove`)).toMatchObject({
    status: 202,
    body: { emptying: true },
  })
  expect(await api.must('GET', `/v1/syncs/${one.syncId}`)).toMatchObject({ emptying: true })
  expect((await api.call('DELETE', `/v1/syncs/${one.syncId}?members=keep`)).status).toBe(204)
  expect((await api.call('GET', `/v1/syncs/${one.syncId}`)).status).toBe(404)

  const empty = await anActiveAudience(api)
  expect((await api.call('DELETE', `/v1/syncs/${empty.syncId}?members=remove`)).status).toBe(204)
})

it('remembers resync and retry-rejected for the run that it asks for', async () => {
  const { syncId } = await anActiveAudience(api)
  expect((await api.call('POST', `/v1/syncs/${syncId}/resync`)).status).toBe(202)
  expect((await api.call('POST', `/v1/syncs/${syncId}/retry-rejected`)).status).toBe(202)
  expect(await api.db.sql`select resync, retry_rejected from sync where id = ${syncId}`).toMatchObject([
    { resync: true, retry_rejected: true },
  ])
})

it('makes the list again only after it is gone', async () => {
  const { syncId, listId } = await anActiveAudience(api)
  await holdSomebody(syncId)
  expect(await api.call('POST', `/v1/syncs/${syncId}/recreate-list`)).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('still there') },
  })
  await api.sandbox('POST', `/meta/lists/${listId}/delete`)
  const again = await api.must('POST', `/v1/syncs/${syncId}/recreate-list`)
  expect(again.list).toMatchObject({ name: 'Readers', created: true })
  expect(again.list.id).not.toBe(listId)
  expect(await held(syncId)).toBe(0)
})

it('changes only what is given, whoever changes the rest at the same moment', async () => {
  const { syncId } = await aReadyAudience(api)
  const { sql } = api.db
  const late = await sql.begin(async (tx) => {
    await tx`select from sync where id = ${syncId} for update`
    const pending = api.must('PATCH', `/v1/syncs/${syncId}`, { enabled: false })
    await until(async () => {
      const [waiting] = await sql`select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like 'update "sync"%'`
      return waiting?.n > 0
    })
    await tx`update sync set mapping = '{"PHONE": "phone"}', keeping = 'add_only' where id = ${syncId}`
    return { pending }
  })
  await late.pending
  expect(await api.must('GET', `/v1/syncs/${syncId}`)).toMatchObject({
    enabled: false,
    keeping: 'add_only',
    mapping: { PHONE: 'phone' },
  })
})
