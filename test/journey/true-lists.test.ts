import { expect, it } from 'vitest'
import {
  aDestination,
  anActiveAudience,
  aSettledAudience,
  aSource,
  aTable,
  hashed,
  putPeople,
  tokenOf,
} from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { nextHousekeeping } from '../support/housekeeping.ts'
import { useJourney } from '../support/journey.ts'
import { syncTo, wrongIn } from '../support/platform-lists.ts'

const journey = useJourney()

const syncOf = (syncId: string) => journey.must('GET', `/v1/syncs/${syncId}`)
const patch = (syncId: string, change: object) => journey.must('PATCH', `/v1/syncs/${syncId}`, change)
const problemOf = (syncId: string, code: string) =>
  until(async () => {
    const sync = await syncOf(syncId)
    return sync.problem?.code === code ? sync : undefined
  })
const well = (syncId: string) => until(async () => (await syncOf(syncId)).problem === null)
const messages = async (syncId: string): Promise<string[]> =>
  (await journey.must('GET', `/v1/syncs/${syncId}/logs`)).items.map(({ message }: { message: string }) => message)

/** The day is over: the next round of housekeeping looks for the list. */
async function lookNow(syncId: string): Promise<void> {
  await journey.deployment.sql`update sync set list_check_at = now() where id = ${syncId}`
  await nextHousekeeping(journey.deployment)
}

const hidden = { platform: 'meta', fault: 'bad_request', code: 100, subcode: 33, match: { operation: 'read_audience' } }

it('makes a list again by itself that a delivery found deleted, sends everybody to it and says so', async () => {
  const { audienceId, listId, syncId, table } = await anActiveAudience(journey, ['a', 'b'])
  expect((await syncOf(syncId)).whenListGone).toBe('ask')
  const { mapping, whenListGone } = await patch(syncId, { whenListGone: 'recreate' })
  expect(whenListGone).toBe('recreate')
  await journey.lastRun(audienceId)
  await journey.sandbox('POST', `/meta/lists/${listId}/delete`)
  await putPeople(journey, table, ['c'])
  const run = await journey.syncNow(audienceId)
  expect(run.deliveries[0]).toMatchObject({ status: 'failed', problem: { code: 'list_gone' } })
  await nextHousekeeping(journey.deployment)
  const sync = await until(async () => {
    const row = await syncOf(syncId)
    return row.list.id === listId ? undefined : row
  })
  await until(async () => (await journey.emails(sync.list.id)).join() === hashed(['a', 'b', 'c']).join())
  await well(syncId)
  expect((await syncOf(syncId)).mapping).toEqual(mapping)
  expect(await messages(syncId)).toContainEqual(expect.stringContaining('made again by itself'))
})

it('says why where the platform does not let the list be made again, and makes it once it does', async () => {
  const { audienceId, listId, syncId, table } = await anActiveAudience(journey, ['a'])
  await patch(syncId, { whenListGone: 'recreate' })
  await journey.lastRun(audienceId)
  await journey.sandbox('POST', `/meta/lists/${listId}/delete`)
  const refused = { platform: 'meta', fault: 'bad_request', rate: 1, match: { operation: 'create_audience' } }
  const { id } = await journey.sandbox('POST', '/faults', refused)
  await putPeople(journey, table, ['b'])
  await journey.syncNow(audienceId)
  await nextHousekeeping(journey.deployment)
  await until(async () => (await syncOf(syncId)).problem?.what.includes('could not be made again'))
  expect(await syncOf(syncId)).toMatchObject({ list: { id: listId }, problem: { code: 'list_gone' } })
  await journey.sandbox('DELETE', `/faults/${id}`)
  await lookNow(syncId)
  const next = await until(async () => {
    const { list } = await syncOf(syncId)
    return list.id === listId ? undefined : list.id
  })
  await until(async () => (await journey.emails(next)).join() === hashed(['a', 'b']).join())
})

it('waits for a person where nothing else is set', async () => {
  const { audienceId, listId, syncId, table } = await anActiveAudience(journey, ['a'])
  await journey.sandbox('POST', `/meta/lists/${listId}/delete`)
  await putPeople(journey, table, ['b'])
  await journey.syncNow(audienceId)
  await lookNow(syncId)
  await until(async () => (await checkedNext(syncId)) > new Date())
  expect(await syncOf(syncId)).toMatchObject({ list: { id: listId }, problem: { code: 'list_gone' } })
  // the setting is asked again: what is gone already is made
  await patch(syncId, { whenListGone: 'recreate' })
  await until(async () => (await syncOf(syncId)).problem !== null && (await checkedNext(syncId)) <= new Date())
  await nextHousekeeping(journey.deployment)
  await until(async () => (await syncOf(syncId)).list.id !== listId)
})

it('never makes a list again that may only be hidden; the problem stands until the list is seen', async () => {
  const { audienceId, listId, syncId } = await aSettledAudience(journey, ['a', 'b'])
  await patch(syncId, { whenListGone: 'recreate' })
  await journey.lastRun(audienceId)
  await until(async () => (await isAtRest(audienceId)) || undefined)
  const { id } = await journey.sandbox('POST', '/faults', { ...hidden, rate: 1 })
  await lookNow(syncId)
  const sync = await problemOf(syncId, 'list_gone')
  expect(sync).toMatchObject({ list: { id: listId }, problem: { next: expect.stringContaining('recreate-list') } })
  // a refresh that finds nothing to send says nothing about the list
  expect((await journey.syncNow(audienceId)).deliveries).toEqual([])
  expect((await syncOf(syncId)).problem?.code).toBe('list_gone')
  await journey.sandbox('DELETE', `/faults/${id}`)
  await lookNow(syncId)
  await well(syncId)
  expect(await syncOf(syncId)).toMatchObject({ list: { id: listId }, listCheckedAt: expect.any(String) })
  const told = await messages(syncId)
  expect(told.filter((message) => message.includes('looked for at the platform'))).toHaveLength(1)
  expect(told).toContainEqual(expect.stringContaining('well again'))
})

async function aKlaviyoAudience(names: readonly string[]) {
  const table = await aTable(journey, names)
  const { id: audienceId } = await journey.must('POST', '/v1/audiences', {
    name: `Klaviyo audience of ${table}`,
    kind: 'dynamic',
    source: { id: await aSource(journey), memberId: 'id', table },
    refreshInterval: '7d',
  })
  await journey.must('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email', 'phone'] })
  const { syncId, listId } = await syncTo(journey, 'klaviyo', audienceId, table)
  await journey.must('POST', `/v1/audiences/${audienceId}/activate`)
  await journey.settled((await journey.lastRun(audienceId)).id)
  return { audienceId, syncId, listId }
}

it('makes a list again that a look found deleted for sure, with nothing to send', async () => {
  const { syncId, listId } = await aKlaviyoAudience(['a', 'b'])
  await patch(syncId, { whenListGone: 'recreate' })
  await journey.sandbox('POST', `/klaviyo/lists/${listId}/delete`, {})
  await lookNow(syncId)
  const next = await until(async () => {
    const { list } = await syncOf(syncId)
    return list.id === listId ? undefined : list.id
  })
  await until(async () => (await wrongIn(journey, 'klaviyo', next, ['a', 'b'])).length === 0)
})

it('ends the emptying of a list that Klaviyo says was deleted', async () => {
  const { audienceId, listId } = await aKlaviyoAudience(['a', 'b'])
  await journey.sandbox('POST', `/klaviyo/lists/${listId}/delete`, {})
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'remove' })
  await until(async () => (await journey.must('GET', `/v1/audiences/${audienceId}`)).status === 'archived')
})

it('never makes a list again while it is being emptied', async () => {
  const { audienceId, listId, syncId } = await aSettledAudience(journey, ['a', 'b'])
  await patch(syncId, { whenListGone: 'recreate' })
  await journey.lastRun(audienceId)
  const other = await aSettledAudience(journey, ['c'])
  const lists = async () => (await journey.sandbox('GET', '/meta/lists')).lists.length
  const before = await lists()
  // the emptying cannot go on, and whoever looks for the list hears that it was deleted
  const faults = [
    await journey.sandbox('POST', '/faults', { ...hidden, rate: 1, match: { operation: 'remove_users' } }),
    await journey.sandbox('POST', '/faults', {
      platform: 'meta',
      fault: 'list_deleted',
      rate: 1,
      match: { method: 'GET', path: listId },
    }),
  ]
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'remove' })
  expect((await problemOf(syncId, 'list_gone')).emptying).toBe(true)
  await journey.deployment.sql`update sync set list_check_at = now(), list_deleted_at = now() where id = ${syncId}`
  for (let round = 0; round < 2; round++) {
    await lookNow(other.syncId)
    await until(async () => (await checkedNext(other.syncId)) > new Date())
  }
  expect(await syncOf(syncId)).toMatchObject({ list: { id: listId }, emptying: true })
  expect(await lists()).toBe(before)
  for (const { id } of faults) await journey.sandbox('DELETE', `/faults/${id}`)
})

it('notices a list that the platform has flagged, in its own words, and that it is usable again', async () => {
  const { listId, syncId } = await aSettledAudience(journey, ['a'])
  await journey.sandbox('POST', `/meta/lists/${listId}/flag`)
  await lookNow(syncId)
  const { problem } = await problemOf(syncId, 'list_unusable')
  expect(problem.what).toContain('flagged')
  expect(problem.next).toMatch(/\w{5}/)
  await journey.sandbox('POST', `/meta/lists/${listId}/unflag`)
  await lookNow(syncId)
  await well(syncId)
})

it('follows a list that was renamed at the platform and says so', async () => {
  const { destinationId, listId, syncId } = await aSettledAudience(journey, ['a'])
  const answer = await fetch(`${journey.deployment.sandbox.url}/meta/v25.0/${listId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(journey, destinationId)}` },
    body: JSON.stringify({ name: 'Renamed by hand' }),
  })
  expect(answer.status).toBe(200)
  await lookNow(syncId)
  await until(async () => (await syncOf(syncId)).list.name === 'Renamed by hand')
  expect(await messages(syncId)).toContainEqual(expect.stringMatching(/renamed.*"Renamed by hand"/))
})

it('pauses a destination whose credentials no longer see the list, also with nothing to send', async () => {
  const { destinationId, syncId } = await aSettledAudience(journey, ['a'])
  const fault = { platform: 'meta', fault: 'permission', rate: 1, match: { operation: 'read_audience' } }
  const { id } = await journey.sandbox('POST', '/faults', fault)
  await lookNow(syncId)
  await problemOf(syncId, 'auth')
  expect(await journey.must('GET', `/v1/destinations/${destinationId}`)).toMatchObject({ status: 'needs_attention' })
  await journey.sandbox('DELETE', `/faults/${id}`)
  await journey.must('POST', `/v1/destinations/${destinationId}/check`)
  await well(syncId)
})

it('warns of the end of an API version: in the API, in the log of the sync and, once a day, in that of the worker', async () => {
  const { audienceId } = await aSettledAudience(journey, ['a'])
  const { destinationId, syncId } = await syncTo(journey, 'linkedin', audienceId, 'an old version')
  expect((await journey.must('GET', `/v1/destinations/${await aDestination(journey)}`)).warning).toBeNull()
  await journey.must('PATCH', `/v1/destinations/${destinationId}`, {
    settings: { apiVersion: endingVersion(new Date()) },
  })
  const { items } = await journey.must('GET', '/v1/destinations')
  const { warning } = items.find(({ id }: { id: string }) => id === destinationId)
  expect(warning).toMatchObject({ code: 'api_sunset', next: expect.stringContaining('apiVersion') })
  expect(warning.daysLeft).toBeGreaterThan(0)
  expect(warning.daysLeft).toBeLessThanOrEqual(60)
  await nextHousekeeping(journey.deployment)
  const ends = (text: string) => text.split(`${endingVersion(new Date())} of the API of LinkedIn ends on`).length - 1
  await until(async () => ends((await messages(syncId)).join()) === 1)
  await nextHousekeeping(journey.deployment)
  await lookNow(syncId)
  await until(async () => (await checkedNext(syncId)) > new Date())
  expect(ends((await messages(syncId)).join())).toBe(1)
  expect(ends(journey.deployment.workerOutput())).toBe(1)
})

/** The LinkedIn version that ends in the middle of next month. */
function endingVersion(now: Date): string {
  const released = new Date(Date.UTC(now.getUTCFullYear() - 1, now.getUTCMonth() + 1))
  return released.toISOString().slice(0, 7).replace('-', '')
}

async function checkedNext(syncId: string): Promise<Date> {
  const [row] = await journey.deployment.sql<{ at: Date | null }[]>`
    select list_check_at as at from sync where id = ${syncId}`
  return row?.at ?? new Date(0)
}

const isAtRest = async (audienceId: string) => {
  const { items } = await journey.must('GET', `/v1/audiences/${audienceId}/runs?limit=1`)
  return items[0].finishedAt !== null
}
