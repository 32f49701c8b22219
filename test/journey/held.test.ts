import { expect, it } from 'vitest'
import { anActiveAudience, aReadyAudience, hashed, putPeople, type Ready, takePeople } from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { nextHousekeeping } from '../support/housekeeping.ts'
import { useJourney } from '../support/journey.ts'

const journey = useJourney()
const brake = { percent: 30, minimum: 2 }
const everybody = ['a', 'b', 'c', 'd', 'e', 'f']

/** An audience of six of whom four have left, so that the brake holds their leaves. */
async function aHeldDelivery(): Promise<Ready & { deliveryId: string }> {
  const ready = await anActiveAudience(journey, everybody, { audience: { brake } })
  await takePeople(journey, ready.table, ['c', 'd', 'e', 'f'])
  const run = await journey.syncNow(ready.audienceId)
  expect(run.deliveries[0]).toMatchObject({ status: 'held', counts: { held: 4, left: 4 } })
  return { ...ready, deliveryId: run.deliveries[0].id }
}

const statusOf = async (id: string) => (await journey.must('GET', `/v1/deliveries/${id}`)).status
const becomes = (id: string, status: string) => until(async () => (await statusOf(id)) === status)

it('keeps everybody until a person approves exactly what is held', async () => {
  const { deliveryId, listId } = await aHeldDelivery()
  expect(await journey.emails(listId)).toEqual(hashed(everybody))
  const approve = (leaves: number) => journey.call('POST', `/v1/deliveries/${deliveryId}/approve`, { leaves })

  const wrong = await approve(3)
  expect(wrong).toMatchObject({ status: 409, code: 'other_number', body: { held: 4 } })
  expect(wrong.body.next).toContain('{"leaves": 4}')
  expect((await approve(0)).status).toBe(422)
  expect(await journey.emails(listId)).toEqual(hashed(everybody))

  expect(await approve(4)).toMatchObject({ status: 202, body: { approvedLeaves: 4 } })
  await becomes(deliveryId, 'settled')
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
  expect(await approve(4)).toMatchObject({ status: 409, code: 'not_held' })
})

it('drops held leaves that are discarded, and judges them again at the next run', async () => {
  const { audienceId, deliveryId, listId } = await aHeldDelivery()
  const discarded = await journey.must('POST', `/v1/deliveries/${deliveryId}/discard`)
  expect(discarded.status).toBe('discarded')
  expect(await journey.emails(listId)).toEqual(hashed(everybody))
  const run = await journey.syncNow(audienceId)
  expect(run.deliveries[0]).toMatchObject({ status: 'held', counts: { held: 4 } })
})

it('is superseded by the next run that finds something else', async () => {
  const { audienceId, deliveryId, listId, table } = await aHeldDelivery()
  await putPeople(journey, table, ['c', 'g'])
  const run = await journey.syncNow(audienceId)
  expect(await statusOf(deliveryId)).toBe('superseded')
  expect(run.deliveries[0]).toMatchObject({ status: 'held', counts: { held: 3, joined: 1 } })
  expect(await journey.emails(listId)).toEqual(hashed([...everybody, 'g']))
})

it('is over when everybody is back, so that nobody can approve leaves of members who stay', async () => {
  const { audienceId, deliveryId, listId, table } = await aHeldDelivery()
  await putPeople(journey, table, ['c', 'd', 'e', 'f'])
  expect((await journey.syncNow(audienceId)).deliveries).toEqual([])
  expect(await statusOf(deliveryId)).toBe('superseded')
  expect((await journey.call('POST', `/v1/deliveries/${deliveryId}/approve`, { leaves: 4 })).code).toBe('not_held')
  expect(await journey.emails(listId)).toEqual(hashed(everybody))
})

it('is judged afresh by a brake that was set wider, and after settings changed', async () => {
  const { audienceId, deliveryId, listId, syncId } = await aHeldDelivery()
  await journey.syncNow(audienceId)
  expect(await statusOf(deliveryId)).toBe('held')
  await journey.must('PATCH', `/v1/syncs/${syncId}`, { enabled: false })
  await journey.must('PATCH', `/v1/syncs/${syncId}`, { enabled: true })
  const again = await journey.lastRun(audienceId)
  expect(again.deliveries[0]).toMatchObject({ status: 'held', counts: { held: 4 } })
  await journey.must('PATCH', `/v1/audiences/${audienceId}`, { brake: { percent: 90, minimum: 2 } })
  await journey.syncNow(audienceId)
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
})

it('goes on after an approval whose signal got lost', async () => {
  const { deliveryId, listId } = await aHeldDelivery()
  const { sql } = journey.deployment
  await sql`update delivery set approved_leaves = 4, started_at = now() - interval '1 minute' where id = ${deliveryId}`
  await nextHousekeeping(journey.deployment)
  await becomes(deliveryId, 'settled')
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
})

it('holds nothing of an audience that is archived with its members removed', async () => {
  const ready = await aReadyAudience(journey, everybody, { audience: { brake } })
  await journey.must('POST', `/v1/audiences/${ready.audienceId}/activate`)
  await journey.lastRun(ready.audienceId)
  await journey.must('POST', `/v1/audiences/${ready.audienceId}/archive`, { members: 'remove' })
  await until(async () => (await journey.must('GET', `/v1/audiences/${ready.audienceId}`)).status === 'archived')
  expect(await journey.emails(ready.listId)).toEqual([])
})

it('ends what is held of an audience that is archived with its members kept, and says why', async () => {
  const { audienceId, deliveryId, listId, syncId } = await aHeldDelivery()
  await journey.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'keep' })
  expect(await journey.must('GET', `/v1/deliveries/${deliveryId}`)).toMatchObject({
    status: 'discarded',
    problem: { code: 'archived' },
  })
  await until(async () => {
    const { items } = await journey.must('GET', `/v1/syncs/${syncId}/logs?limit=50`)
    return items.some(({ message }: { message: string }) =>
      /discarded.*archived and its members were kept/.test(message),
    )
  })
  const late = await journey.call('POST', `/v1/deliveries/${deliveryId}/approve`, { leaves: 4 })
  expect(late).toMatchObject({ status: 409, code: 'not_held' })
  await until(async () => (await journey.must('GET', `/v1/audiences/${audienceId}`)).status === 'archived')
  expect(await journey.emails(listId)).toEqual(hashed(everybody))
})

it('ends what is held of a kept audience though whoever archived it was interrupted right after', async () => {
  const { audienceId, deliveryId, listId } = await aHeldDelivery()
  const { sql } = journey.deployment
  // all that a crash between the two lets through: no delivery ended, no workflow told
  await sql`update audience set status = 'archiving', archive_members = 'keep', updated_at = now() - interval '1 minute'
    where id = ${audienceId}`
  await nextHousekeeping(journey.deployment)
  await until(async () => (await journey.must('GET', `/v1/audiences/${audienceId}`)).status === 'archived')
  expect(await journey.must('GET', `/v1/deliveries/${deliveryId}`)).toMatchObject({
    status: 'discarded',
    problem: { code: 'archived' },
  })
  expect(await journey.emails(listId)).toEqual(hashed(everybody))
})
