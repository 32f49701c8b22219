import { expect, it } from 'vitest'
import {
  aDestination,
  anActiveAudience,
  aReadyAudience,
  aSettledAudience,
  hashed,
  putPeople,
  sandboxAccount,
  takePeople,
  tokenOf,
} from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { nextHousekeeping } from '../support/housekeeping.ts'
import { useJourney } from '../support/journey.ts'

const journey = useJourney()

const audienceOf = (id: string) => journey.must('GET', `/v1/audiences/${id}`)
const archived = (id: string) => until(async () => (await audienceOf(id)).status === 'archived')
const gone = (syncId: string) => until(async () => (await journey.call('GET', `/v1/syncs/${syncId}`)).status === 404)
const holds = (listId: string, names: readonly string[]) =>
  until(async () => JSON.stringify(await journey.emails(listId)) === JSON.stringify(hashed(names)))

it('refreshes nothing while it is paused, and everything after it was resumed', async () => {
  const { audienceId, listId, syncId, table } = await anActiveAudience(journey, ['a', 'b'])
  expect(await journey.must('POST', `/v1/audiences/${audienceId}/pause`)).toMatchObject({ paused: true })
  const refused = await journey.call('POST', `/v1/audiences/${audienceId}/instant-sync`)
  expect(refused).toMatchObject({ status: 409, code: 'paused' })
  expect(refused.body.next).toContain('resume')
  const emptied = await journey.call('DELETE', `/v1/syncs/${syncId}?members=remove`)
  expect(emptied).toMatchObject({ status: 409, code: 'paused' })
  await putPeople(journey, table, ['c'])
  await journey.must('POST', `/v1/audiences/${audienceId}/resume`)
  await journey.syncNow(audienceId)
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b', 'c']))
  expect((await journey.call('POST', `/v1/audiences/${audienceId}/resume`)).code).toBe('no_change')
})

it('makes one run of several instant syncs at once', async () => {
  const { audienceId } = await anActiveAudience(journey, ['a'])
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => journey.must('POST', `/v1/audiences/${audienceId}/instant-sync`)),
  )
  const runs = new Set(answers.map(({ runId }) => runId))
  for (const run of runs) await journey.finished(run)
  const { items } = await journey.must('GET', `/v1/audiences/${audienceId}/runs`)
  // one that had begun when the last of them came is followed by one more, never by five
  expect(runs.size).toBeLessThanOrEqual(2)
  expect(items.length).toBe(1 + runs.size)
})

it('takes a shorter interval at once', async () => {
  const { audienceId, listId, table } = await anActiveAudience(journey, ['a'])
  await putPeople(journey, table, ['b'])
  await journey.must('PATCH', `/v1/audiences/${audienceId}`, { refreshInterval: '1s' })
  await holds(listId, ['a', 'b'])
  const { items } = await journey.must('GET', `/v1/audiences/${audienceId}/runs`)
  expect(items.flatMap(({ causes }: { causes: string[] }) => causes)).toContain('interval')
  await journey.must('POST', `/v1/audiences/${audienceId}/pause`)
})

it('keeps the members of an audience that is archived so, and has it in step again when it is activated', async () => {
  const { audienceId, listId, table } = await anActiveAudience(journey, ['a', 'b'])
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'keep' })
  await archived(audienceId)
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
  expect((await journey.call('POST', `/v1/audiences/${audienceId}/instant-sync`)).code).toBe('not_active')
  await takePeople(journey, table, ['a'])
  await journey.must('POST', `/v1/audiences/${audienceId}/activate`)
  await journey.lastRun(audienceId)
  expect(await journey.emails(listId)).toEqual(hashed(['b']))
})

it('empties every list of an audience that is archived with removal, also of a sync that is off, and fills them again', async () => {
  const { audienceId, listId, destinationId } = await anActiveAudience(journey, ['a', 'b'])
  const second = await journey.must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId,
    list: { create: { name: `Second of ${audienceId}` } },
    mapping: { EMAIL: 'email' },
    enabled: true,
  })
  await holds(second.list.id, ['a', 'b'])
  await journey.must('PATCH', `/v1/syncs/${second.id}`, { enabled: false })
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'remove' })
  await archived(audienceId)
  expect(await journey.emails(listId)).toEqual([])
  expect(await journey.emails(second.list.id)).toEqual([])
  await journey.must('POST', `/v1/audiences/${audienceId}/activate`)
  await journey.lastRun(audienceId)
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
  expect(await journey.emails(second.list.id)).toEqual([])
  await journey.must('PATCH', `/v1/syncs/${second.id}`, { enabled: true })
  await holds(second.list.id, ['a', 'b'])
})

it('empties a list though whoever wanted it was interrupted before a run was asked for', async () => {
  const { audienceId, listId } = await aSettledAudience(journey, ['a', 'b'])
  const { sql } = journey.deployment
  const aMinute = sql`interval '1 minute'`
  // all that such a crash leaves, a minute later: the list is to be emptied, and nobody was told
  await sql`update run set requested_at = requested_at - 2 * ${aMinute}, started_at = started_at - 2 * ${aMinute}
    where audience_id = ${audienceId}`
  await sql`update audience set status = 'archiving', archive_members = 'remove' where id = ${audienceId}`
  await sql`update sync set intent = 'empty', after_empty = 'rest', version = version + 1, updated_at = now() - ${aMinute}
    where audience_id = ${audienceId}`
  await nextHousekeeping(journey.deployment)
  // the half minute passes in which whoever asked for a run may still tell of it
  await until(async () => {
    const { count } = await sql`update run set requested_at = requested_at - ${aMinute}
      where audience_id = ${audienceId} and status = 'requested'`
    return count > 0
  })
  await nextHousekeeping(journey.deployment)
  await archived(audienceId)
  expect(await journey.emails(listId)).toEqual([])
})

it('stays archiving while a destination cannot be reached, says which, and ends by itself when it is back', async () => {
  const { audienceId, listId, destinationId, syncId } = await aSettledAudience(journey, ['a', 'b'])
  const account = await sandboxAccount(journey, destinationId)
  await journey.sandbox('PATCH', `/accounts/${account}`, { token_expired: true })
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'remove' })
  const sync = await until(async () => {
    const row = await journey.must('GET', `/v1/syncs/${syncId}`)
    return row.problem ? row : undefined
  })
  expect(sync.problem).toMatchObject({ code: 'auth', next: expect.stringContaining('reconnect') })
  expect(sync.destination.status).toBe('needs_attention')
  expect((await audienceOf(audienceId)).status).toBe('archiving')
  expect(await journey.call('POST', `/v1/audiences/${audienceId}/activate`)).toMatchObject({
    status: 409,
    code: 'archiving',
  })
  await journey.sandbox('PATCH', `/accounts/${account}`, { token_expired: false })
  await journey.must('POST', `/v1/destinations/${destinationId}/check`)
  await archived(audienceId)
  expect(await journey.emails(listId)).toEqual([])
})

it('does not wait for a destination that is lost for good, once its sync is deleted', async () => {
  const { audienceId, destinationId, listId, syncId } = await aSettledAudience(journey, ['a'])
  await journey.sandbox('PATCH', `/accounts/${await sandboxAccount(journey, destinationId)}`, { token_expired: true })
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'remove' })
  await until(async () => (await journey.must('GET', `/v1/syncs/${syncId}`)).problem)
  const waiting = await journey.call('POST', `/v1/audiences/${audienceId}/archive`, { members: 'keep' })
  expect(waiting).toMatchObject({ status: 409, code: 'archiving' })
  expect(waiting.body.next).toContain('members=keep')
  expect((await journey.call('DELETE', `/v1/syncs/${syncId}?members=keep`)).status).toBe(204)
  await archived(audienceId)
  expect(await journey.emails(listId)).toEqual(hashed(['a']))
})

it('ends archiving where the list is gone: it took its members with it', async () => {
  const { audienceId, listId } = await anActiveAudience(journey, ['a', 'b'])
  await journey.sandbox('POST', `/meta/lists/${listId}/delete`)
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'remove' })
  await archived(audienceId)
})

it('does not take a list for emptied that the token may not see any more, says whose move it is, and tries again', async () => {
  const { audienceId, listId, syncId } = await aSettledAudience(journey, ['a', 'b'])
  const hidden = {
    platform: 'meta',
    fault: 'bad_request',
    code: 100,
    subcode: 33,
    times: 1,
    match: { operation: 'remove_users' },
  }
  await journey.sandbox('POST', '/faults', hidden)
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'remove' })
  const sync = await until(async () => {
    const row = await journey.must('GET', `/v1/syncs/${syncId}`)
    return row.problem ? row : undefined
  })
  expect(sync.problem).toMatchObject({ code: 'list_gone', next: expect.stringContaining('members=keep') })
  expect(sync.emptying).toBe(true)
  expect((await audienceOf(audienceId)).status).toBe('archiving')
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
  const { items } = await journey.must('POST', '/v1/people/lookup', { email: 'a@example.test' })
  expect(items.find((item: { syncId: string }) => item.syncId === syncId)).toMatchObject({ state: 'removing' })
  // its time has come
  await journey.deployment.sql`update sync set retry_at = now() where id = ${syncId} and retry_at > now()`
  await journey.deployment.temporal.workflow.getHandle(`audience-${audienceId}`).signal('wake')
  await archived(audienceId)
  expect(await journey.emails(listId)).toEqual([])
})

it('sends nothing of a sync that is off, and catches up when it is on again', async () => {
  const { audienceId, listId, syncId, table } = await anActiveAudience(journey, ['a', 'b'])
  await journey.must('PATCH', `/v1/syncs/${syncId}`, { enabled: false })
  await putPeople(journey, table, ['c'])
  await takePeople(journey, table, ['a'])
  await journey.syncNow(audienceId)
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
  expect((await journey.call('POST', `/v1/syncs/${syncId}/resync`)).code).toBe('off')
  await journey.must('PATCH', `/v1/syncs/${syncId}`, { enabled: true })
  await holds(listId, ['b', 'c'])
})

it('sends members again whose mapping changed', async () => {
  const { listId, syncId, table } = await anActiveAudience(journey, ['a', 'b'])
  await journey.deployment.people.unsafe(`update ${table} set phone = '+1 202 555 0101' where id = 'a'`)
  await journey.must('PATCH', `/v1/syncs/${syncId}`, { mapping: { PHONE: 'phone' } })
  await until(async () => (await journey.emails(listId)).join() === '')
  const refused = await journey.call('PATCH', `/v1/syncs/${syncId}`, { mapping: { PHONE: 'fax' } })
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'mapping.PHONE' }] } })
})

it.each([
  ['keep', ['a', 'b']],
  ['remove', []],
] as const)('moves a sync to another list, and of the members in the one before does: %s', async (members, left) => {
  const { listId, syncId } = await anActiveAudience(journey, ['a', 'b'])
  const move = (more: object) =>
    journey.call('PATCH', `/v1/syncs/${syncId}`, { list: { create: { name: `Next of ${syncId}` } }, ...more })
  expect(await move({})).toMatchObject({ status: 422, body: { errors: [{ path: 'members' }] } })
  expect((await move({ members })).status).toBe(200)
  const next = await until(async () => {
    const { list } = await journey.must('GET', `/v1/syncs/${syncId}`)
    return list.id === listId ? undefined : list.id
  })
  await holds(next, ['a', 'b'])
  expect(await journey.emails(listId)).toEqual(hashed(left))
})

it.each([
  ['keep', ['a', 'b']],
  ['remove', []],
] as const)('deletes a sync, and of the members in its list does: %s', async (members, left) => {
  const { audienceId, listId, syncId } = await anActiveAudience(journey, ['a', 'b'])
  await journey.must('DELETE', `/v1/syncs/${syncId}?members=${members}`)
  await gone(syncId)
  expect(await journey.emails(listId)).toEqual(hashed(left))
  const looked = await journey.must('POST', '/v1/people/lookup', { memberId: 'a' })
  expect(looked.items.filter((item: { syncId: string }) => item.syncId === syncId)).toEqual([])
  // the list is free again
  const again = await journey.must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId: (await aDestinationOf(listId)) ?? '',
    list: { id: listId },
    mapping: { EMAIL: 'email' },
    enabled: true,
  })
  expect(again.list.id).toBe(listId)
  await holds(listId, ['a', 'b'])
})

it('deletes a destination only when no sync uses it, and an audience only when it is at rest', async () => {
  const { audienceId, destinationId, syncId, listId } = await anActiveAudience(journey, ['a'])
  const used = await journey.call('DELETE', `/v1/destinations/${destinationId}`)
  expect(used).toMatchObject({ status: 409, code: 'in_use' })
  expect(used.body.next).toContain('Delete those syncs first')
  expect(await journey.call('DELETE', `/v1/audiences/${audienceId}`)).toMatchObject({
    status: 409,
    code: 'not_archived',
  })
  await journey.must('DELETE', `/v1/syncs/${syncId}?members=keep`)
  expect((await journey.call('DELETE', `/v1/destinations/${destinationId}`)).status).toBe(204)
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'keep' })
  await archived(audienceId)
  expect((await journey.call('DELETE', `/v1/audiences/${audienceId}`)).status).toBe(204)
  expect((await journey.call('GET', `/v1/audiences/${audienceId}`)).status).toBe(404)
  expect(await journey.emails(listId)).toEqual(hashed(['a']))
})

it('makes a list again that was deleted at the platform, and sends everybody to it', async () => {
  const { audienceId, listId, syncId, table } = await anActiveAudience(journey, ['a', 'b'])
  expect((await journey.call('POST', `/v1/syncs/${syncId}/recreate-list`)).code).toBe('list_there')
  await journey.sandbox('POST', `/meta/lists/${listId}/delete`)
  await putPeople(journey, table, ['c'])
  const run = await journey.syncNow(audienceId)
  expect(run.deliveries[0]).toMatchObject({ status: 'failed', problem: { code: 'list_gone' } })
  expect(run.deliveries[0].problem.next).toContain('recreate-list')
  const sync = await journey.must('POST', `/v1/syncs/${syncId}/recreate-list`)
  expect(sync.list.id).not.toBe(listId)
  await holds(sync.list.id, ['a', 'b', 'c'])
  await until(async () => (await journey.must('GET', `/v1/syncs/${syncId}`)).problem === null)
})

it('sends everybody again who was taken out by somebody else', async () => {
  const { listId, destinationId, syncId } = await anActiveAudience(journey, ['a', 'b'])
  await takeOutAtPlatform(destinationId, listId, 'a')
  expect(await journey.emails(listId)).toEqual(hashed(['b']))
  const { runId } = await journey.must('POST', `/v1/syncs/${syncId}/resync`)
  expect((await journey.finished(runId)).deliveries[0].counts).toMatchObject({ again: 2, joined: 0, left: 0 })
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
})

it('keeps the wish to send everybody again until a delivery has done it', async () => {
  const { audienceId, listId, destinationId, syncId } = await aSettledAudience(journey, ['a', 'b'])
  await takeOutAtPlatform(destinationId, listId, 'a')
  const account = await sandboxAccount(journey, destinationId)
  await journey.sandbox('PATCH', `/accounts/${account}`, { token_expired: true })
  const { runId } = await journey.must('POST', `/v1/syncs/${syncId}/resync`)
  expect((await journey.finished(runId)).deliveries[0]).toMatchObject({ status: 'failed', problem: { code: 'auth' } })
  await journey.sandbox('PATCH', `/accounts/${account}`, { token_expired: false })
  await journey.must('POST', `/v1/destinations/${destinationId}/check`)
  await holds(listId, ['a', 'b'])
  expect((await journey.syncNow(audienceId)).deliveries).toEqual([])
})

it('tries members again that the platform refused', async () => {
  const { audienceId, listId, syncId, table } = await anActiveAudience(journey, ['a'])
  await journey.deployment.people.unsafe(`insert into ${table} values ('x', 'broken', null)`)
  await journey.syncNow(audienceId)
  const { runId } = await journey.must('POST', `/v1/syncs/${syncId}/retry-rejected`)
  const run = await journey.finished(runId)
  expect(run.deliveries[0].counts).toMatchObject({ unusable: 1 })
  expect(await journey.emails(listId)).toEqual(hashed(['a']))
})

it('fills two destinations of one audience, and the trouble of one is not the other’s', async () => {
  const first = await anActiveAudience(journey, ['a'])
  const other = await aDestination(journey)
  const second = await journey.must('POST', `/v1/audiences/${first.audienceId}/syncs`, {
    destinationId: other,
    list: { create: { name: 'Elsewhere' } },
    mapping: { EMAIL: 'email' },
    enabled: true,
  })
  await holds(second.list.id, ['a'])
  await journey.settled((await journey.lastRun(first.audienceId)).id)
  await journey.sandbox('PATCH', `/accounts/${await sandboxAccount(journey, other)}`, { token_expired: true })
  await putPeople(journey, first.table, ['b'])
  const run = await journey.syncNow(first.audienceId)
  expect(run.deliveries.map(({ status }: { status: string }) => status).sort()).toEqual(['failed', 'uploaded'])
  expect(await journey.emails(first.listId)).toEqual(hashed(['a', 'b']))
})

it('starts as a draft that can be archived and deleted without having sent anything', async () => {
  const { audienceId, listId } = await aReadyAudience(journey, ['a'])
  expect(await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'remove' })).toMatchObject({
    status: 'archived',
  })
  expect(await journey.emails(listId)).toEqual([])
  expect((await journey.call('DELETE', `/v1/audiences/${audienceId}`)).status).toBe(204)
})

async function aDestinationOf(listId: string): Promise<string | undefined> {
  const [row] = await journey.deployment.sql<{ id: string }[]>`
    select d.id from destination d join sync s on s.destination_id = d.id where s.list_id = ${listId}`
  return row?.id
}

/** Somebody at the platform takes one person out of a list. */
async function takeOutAtPlatform(destinationId: string, listId: string, name: string): Promise<void> {
  const answer = await fetch(`${journey.deployment.sandbox.url}/meta/v25.0/${listId}/users`, {
    method: 'DELETE',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(journey, destinationId)}` },
    body: JSON.stringify({ payload: { schema: ['EMAIL'], data: hashed([name]).map((hash) => [hash]) } }),
  })
  if (!answer.ok) throw new Error(`The sandbox answered ${answer.status} ${await answer.text()}.`)
}
