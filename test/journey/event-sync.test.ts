import { expect, it } from 'vitest'
import { aSource, sha } from '../support/audiences.ts'
import { type Journey, useJourney } from '../support/journey.ts'

const journey = useJourney()
const cookie = (n: number) => `fb.1.1790000000000.${1_000_000_000 + n}`

/** A table of visitors of whom some are known by e-mail. */
async function visitors({ deployment: { people } }: Journey, table: string, rows: readonly object[]) {
  const nobody = { id: null, email: null, fbp: null, plan: null }
  await people.unsafe(`create table ${table} (id text primary key, email text, fbp text, plan text)`)
  if (rows.length > 0) await people`insert into ${people(table)} ${people(rows.map((row) => ({ ...nobody, ...row })))}`
}

/** A Meta account, and a dynamic audience over the table that is synced to it by events; active, not run yet. */
async function announced(table: string, more: object = {}) {
  const { must } = journey
  const { id: destinationId } = await must('POST', '/v1/destinations', { name: table, platform: 'meta', sandbox: true })
  const { id: audienceId } = await must('POST', '/v1/audiences', {
    name: `Visitors of ${table}`,
    kind: 'dynamic',
    source: { id: await aSource(journey), memberId: 'id', table },
    refreshInterval: '7d',
  })
  await must('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email', 'fbp', 'plan'] })
  const sync = await must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId,
    mode: 'event',
    announceExisting: true,
    mapping: { EMAIL: 'email', FBP: 'fbp' },
    properties: { plan: 'plan' },
    enabled: true,
    ...more,
  })
  await must('POST', `/v1/audiences/${audienceId}/activate`)
  await journey.settled((await journey.lastRun(audienceId)).id)
  return { audienceId, destinationId, sync }
}

/** Everything that Meta was told of an audience, in the order in which it came. */
async function eventsOf(audienceId: string) {
  const { events } = await journey.sandbox('GET', '/meta/events?limit=1000')
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it reads out of an answer
  return events.filter((event: any) => event.audience === audienceId)
}
const stateOf = async (audienceId: string) =>
  (await journey.sandbox('GET', `/meta/state?audience=${audienceId}`)).members

it('tells of anonymous visitors who enter, become known and leave, each once', { timeout: 60_000 }, async () => {
  const { people } = journey.deployment
  await visitors(journey, 'shop', [
    { id: 'v1', fbp: cookie(1), plan: 'gold' },
    { id: 'v2', fbp: cookie(2) },
    { id: 'v3', email: 'carl@example.test' },
    { id: 'v4', email: 'no-at-sign' },
  ])
  const { audienceId, sync } = await announced('shop')
  expect(sync).toMatchObject({ mode: 'event', list: null, properties: { plan: 'plan' }, onlyChanges: false })
  const first = await eventsOf(audienceId)
  expect(first).toHaveLength(3)
  expect(first.map(({ name }: { name: string }) => name)).toEqual(Array(3).fill('added_to_segment'))
  expect(await stateOf(audienceId)).toHaveLength(3)

  // known now, under the same member id: nobody joins twice
  await people`update shop set email = 'anna@example.test' where id = 'v1'`
  await journey.syncNow(audienceId)
  expect(await eventsOf(audienceId)).toHaveLength(3)

  await people`delete from shop where id in ('v1', 'v3')`
  await journey.settled((await journey.syncNow(audienceId)).id)
  const told = await eventsOf(audienceId)
  expect(told).toHaveLength(5)
  expect(told.slice(3).map(({ name }: { name: string }) => name)).toEqual(Array(2).fill('removed_from_segment'))
  expect(JSON.stringify(told.slice(3))).toContain(sha('carl@example.test'))
  // the leave goes with what announced the join, its properties too
  expect(JSON.stringify(told.slice(3))).toContain(cookie(1))
  expect(JSON.stringify(told.slice(3))).toContain('gold')
  const left = await stateOf(audienceId)
  expect(left).toHaveLength(1)
  expect(JSON.stringify(left)).toContain(cookie(2))

  const { items } = await journey.must('POST', '/v1/people/lookup', { memberId: 'v1' })
  const item = items.find((one: { syncId: string }) => one.syncId === sync.id)
  expect(item).toMatchObject({ mode: 'event', state: 'absent', says: 'Its leave was announced.' })
  const sent = item.history.flatMap(({ sent }: { sent: { id: string; action: string } | null }) => (sent ? [sent] : []))
  expect(sent.map(({ action }: { action: string }) => action)).toEqual(['added', 'removed'])
  // under the ids that they have at the platform
  for (const { id } of sent) expect(told.map((event: { id: string }) => event.id)).toContain(id)
})

it('tells the same event again when the answer was lost, and Meta counts it once', { timeout: 60_000 }, async () => {
  await visitors(journey, 'lost', [])
  const { audienceId } = await announced('lost')
  const { people } = journey.deployment
  await people`insert into lost ${people([{ id: 'w1', fbp: cookie(11) }])}`
  await journey.sandbox('POST', '/faults', { platform: 'meta', fault: 'drop_after', times: 1 })
  await journey.settled((await journey.syncNow(audienceId)).id)
  const told = await eventsOf(audienceId)
  expect(told.map(({ id }: { id: string }) => id)).toHaveLength(2)
  expect(new Set(told.map(({ id }: { id: string }) => id)).size).toBe(1)
  expect(await stateOf(audienceId)).toHaveLength(1)
})

it('tells only changes from its first run on, where that is wished', { timeout: 60_000 }, async () => {
  const { people } = journey.deployment
  await visitors(journey, 'quiet', [
    { id: 'x1', fbp: cookie(21) },
    { id: 'x2', fbp: cookie(22) },
  ])
  const { audienceId, sync } = await announced('quiet', { announceExisting: false })
  expect(await eventsOf(audienceId)).toEqual([])
  const { items } = await journey.must('POST', '/v1/people/lookup', { memberId: 'x1' })
  expect(items.find((one: { syncId: string }) => one.syncId === sync.id)).toMatchObject({ state: 'baseline' })

  await people`delete from quiet where id = 'x1'`
  await people`insert into quiet ${people([{ id: 'x3', fbp: cookie(23) }])}`
  await journey.settled((await journey.syncNow(audienceId)).id)
  const told = await eventsOf(audienceId)
  expect(told).toHaveLength(1)
  expect(JSON.stringify(told)).toContain(cookie(23))
})

it('tells of the first who joins an audience that was empty at the first run', { timeout: 60_000 }, async () => {
  const { people } = journey.deployment
  await visitors(journey, 'early', [])
  const { audienceId } = await announced('early', { announceExisting: false })
  await people`insert into early ${people([{ id: 'e1', fbp: cookie(51) }])}`
  await journey.settled((await journey.syncNow(audienceId)).id)
  expect(JSON.stringify(await stateOf(audienceId))).toContain(cookie(51))
})

it('brings across what was missed while it was off', { timeout: 60_000 }, async () => {
  const { people } = journey.deployment
  await visitors(journey, 'off', [
    { id: 'y1', fbp: cookie(31) },
    { id: 'y2', fbp: cookie(32) },
  ])
  const { audienceId, sync } = await announced('off')
  await journey.must('PATCH', `/v1/syncs/${sync.id}`, { enabled: false })
  await people`delete from off where id = 'y1'`
  await people`insert into off ${people([{ id: 'y3', fbp: cookie(33) }])}`
  await journey.must('PATCH', `/v1/syncs/${sync.id}`, { enabled: true })
  await journey.settled((await journey.syncNow(audienceId)).id)
  const left = JSON.stringify(await stateOf(audienceId))
  expect(left).not.toContain(cookie(31))
  expect(left).toContain(cookie(32))
  expect(left).toContain(cookie(33))
})

it('says what an event sync needs', async () => {
  const { must, call } = journey
  await visitors(journey, 'asked', [])
  const { audienceId, destinationId, sync } = await announced('asked')
  const path = `/v1/audiences/${audienceId}/syncs`
  const undecided = await call('POST', path, { destinationId, mode: 'event', mapping: { FBP: 'fbp' } })
  expect(undecided).toMatchObject({ status: 422 })
  expect(JSON.stringify(undecided.body)).toContain('announceExisting')
  const event = { destinationId, mode: 'event', announceExisting: true }
  expect(await call('POST', path, { ...event, list: { create: { name: 'x' } } })).toMatchObject({ status: 422 })
  const strange = await call('POST', path, { ...event, properties: { plan: 'shoe_size' } })
  expect(strange).toMatchObject({ status: 422, body: { detail: 'These properties cannot be sent with the events.' } })
  expect(await call('PATCH', `/v1/syncs/${sync.id}`, { list: { id: '1' } })).toMatchObject({ status: 422 })
  const rule = await must('GET', `/v1/syncs/${sync.id}/audience-rule`)
  expect(rule.steps.length).toBeGreaterThan(0)
  expect(rule.uncertain.join(' ')).toMatch(/not certain|nobody can/i)
})

it('announces again whoever the platform would soon forget, as another event', { timeout: 60_000 }, async () => {
  await visitors(journey, 'kept', [{ id: 'z1', fbp: cookie(41) }])
  const { audienceId } = await announced('kept', { settings: { retentionDays: 30 } })
  const { sql } = journey.deployment
  await sql`update batch set answered_at = now() - interval '11 days'
    where sync_no = (select no from sync where audience_id = ${audienceId})`
  await journey.settled((await journey.syncNow(audienceId)).id)
  const told = await eventsOf(audienceId)
  expect(new Set(told.map(({ id }: { id: string }) => id)).size).toBe(2)
  expect(await stateOf(audienceId)).toHaveLength(1)
  // and not again before the time comes
  await journey.syncNow(audienceId)
  expect(await eventsOf(audienceId)).toHaveLength(2)
})

it('announces nobody as gone who is still in under another member id, by an identifier that came later', {
  timeout: 60_000,
}, async () => {
  const { people } = journey.deployment
  await visitors(journey, 'shared', [
    { id: 's1', email: 'eve@example.test' },
    { id: 's2', fbp: cookie(51) },
  ])
  const { audienceId } = await announced('shared')
  // the visitor turns out to be the same person, and then the first row goes
  await people`update shared set email = 'eve@example.test' where id = 's2'`
  await journey.syncNow(audienceId)
  await people`delete from shared where id = 's1'`
  await journey.syncNow(audienceId)
  const told = await eventsOf(audienceId)
  expect(told.map(({ action }: { action: string }) => action)).toEqual(['added', 'added'])
})
