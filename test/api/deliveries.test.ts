import { expect, it } from 'vitest'
import { memberKeyOf } from '../../db/member-key.ts'
import { noCounts } from '../../db/queries/deliver.ts'
import { identifiers } from '../../destinations/meta/identifiers.ts'
import { sha256Hex } from '../../identity/hash.ts'
import { strongToken } from '../../identity/packed.ts'
import { useApi } from './support/api.ts'
import { anActiveAudience } from './support/journey.ts'

const api = useApi()

/** A held delivery with one batch and a member for each state, as the activities would have left them. */
async function aHeldDelivery() {
  const ready = await anActiveAudience(api)
  const { sql } = api.db
  const counts = JSON.stringify({ ...noCounts, joined: 2, unusable: 1, rejected: 1, held: 1204, confirmed: 1 })
  const [run] =
    await sql`update run set status = 'running', started_at = now(), size = 3 where audience_id = ${ready.audienceId} returning id`
  const [sync] = await sql`select no from sync where id = ${ready.syncId}`
  const [{ no: planNo }] = await sql<[{ no: number }]>`select nextval('stage_no') as no`
  const [delivery] = await sql`
    insert into delivery (run_id, sync_id, goal, status, sync_version, counts, plan_no, planned_rows, held_before)
    values (${run?.id}, ${ready.syncId}, 'match', 'held', 1, ${counts}::text::jsonb, ${planNo}, 3, 2000) returning id`
  const reasons = JSON.stringify({ invalid_hash: 3, no_consent: 7 })
  const [batch] = await sql`
    insert into batch (delivery_id, sync_no, number, phase, operation, list_id, rows, state, reference, received, refused, reasons, sent_at, answered_at, final_at)
    values (${delivery?.id}, ${sync?.no}, 1, 'join', 'add', ${ready.listId}, 2, 'confirmed', '4711', 2, 0, ${reasons}::text::jsonb, now(), now(), now())
    returning id`
  await sql.unsafe(`create table ledger_${sync?.no} partition of ledger for values in (${sync?.no})`)
  const email = strongToken(identifiers.EMAIL.code, sha256Hex('ada@example.test'))
  const phone = strongToken(identifiers.PHONE.code, sha256Hex('12025550101'))
  const key = memberKeyOf(api.memberKeySecret, 'p1')
  await sql`
    insert into ledger (sync_no, member_key, fingerprint, state, batch_id, strong, reason) values
      (${sync?.no}, ${key}, 1, 'added', ${batch?.id}, array[${String(email)}::text::bigint, ${String(phone)}::text::bigint], null),
      (${sync?.no}, ${memberKeyOf(api.memberKeySecret, 'p3')}, 1, 'unusable', null, null, 'email: no @; phone: empty')`
  await sql`
    insert into member_history (sync_no, member_key, event, state, since) values
      (${sync?.no}, ${key}, 'update', 'confirmed', now() - interval '1 day')`
  return { ...ready, runId: String(run?.id), deliveryId: String(delivery?.id) }
}

it('shows runs with their deliveries and counts, and a delivery with batches, receipts and ranked reasons', async () => {
  const { audienceId, runId, deliveryId, syncId } = await aHeldDelivery()
  const { items } = await api.must('GET', `/v1/audiences/${audienceId}/runs`)
  expect(items).toMatchObject([
    {
      id: runId,
      status: 'running',
      size: 3,
      finishedAt: null,
      deliveries: [{ id: deliveryId, syncId, status: 'held', list: 'Readers', counts: { joined: 2, held: 1204 } }],
    },
  ])
  expect(await api.must('GET', `/v1/runs/${runId}`)).toEqual(items[0])
  const delivery = await api.must('GET', `/v1/deliveries/${deliveryId}`)
  expect(delivery.batches).toMatchObject({
    items: [
      { number: 1, operation: 'add', members: 2, state: 'confirmed', receipt: { reference: '4711', received: 2 } },
    ],
    next: null,
  })
  expect(delivery.reasons).toEqual([
    { reason: 'no_consent', members: 7, by: 'platform' },
    { reason: 'invalid_hash', members: 3, by: 'platform' },
    { reason: 'email: no @; phone: empty', members: 1, by: 'unusable' },
  ])
  expect((await api.must('GET', `/v1/audiences/${audienceId}/sizes`)).items).toMatchObject([
    { runId, size: 3, joined: 2, left: 0 },
  ])
})

it('approves exactly the leaves that are held', async () => {
  const { deliveryId, syncId } = await aHeldDelivery()
  const wrong = await api.call('POST', `/v1/deliveries/${deliveryId}/approve`, { leaves: 12 })
  expect(wrong).toMatchObject({ status: 409, body: { detail: '1204 leaves are held, not 12.', held: 1204 } })
  expect(api.signals.filter((line) => line.includes(syncId))).toEqual([])
  const right = await api.call('POST', `/v1/deliveries/${deliveryId}/approve`, { leaves: 1204 })
  expect(right).toMatchObject({ status: 202, body: { approvedLeaves: 1204 } })
  expect(api.signals).toContain(`sync ${syncId} approve 1204`)
})

it('discards what is held, once', async () => {
  const { deliveryId, syncId } = await aHeldDelivery()
  expect(await api.call('POST', `/v1/deliveries/${deliveryId}/discard`)).toMatchObject({
    status: 202,
    body: { status: 'discarded' },
  })
  expect(api.signals).toContain(`sync ${syncId} discard`)
  for (const [action, body] of [['discard'], ['cancel'], ['approve', { leaves: 1204 }]] as const)
    expect((await api.call('POST', `/v1/deliveries/${deliveryId}/${action}`, body)).status, action).toBe(409)
})

it('asks a delivery that is at work to stop', async () => {
  const { deliveryId, syncId } = await aHeldDelivery()
  await api.db.sql`update delivery set status = 'uploading' where id = ${deliveryId}`
  expect((await api.call('POST', `/v1/deliveries/${deliveryId}/cancel`)).status).toBe(202)
  expect(api.signals).toContain(`sync ${syncId} cancel`)
  expect(await api.db.sql`select cancel_requested from delivery where id = ${deliveryId}`).toMatchObject([
    { cancel_requested: true },
  ])
})

it('finds one person by member id, e-mail or phone, and does not repeat what was asked', async () => {
  const { syncId } = await aHeldDelivery()
  for (const asked of [{ memberId: 'p1' }, { email: ' Ada@Example.test ' }, { phone: '+1 (202) 555-0101' }]) {
    const reply = await api.call('POST', '/v1/people/lookup', asked, { role: 'viewer' })
    expect(reply.body.found).toBe(true)
    const mine = reply.body.items.find((item: { syncId: string }) => item.syncId === syncId)
    expect(mine).toMatchObject({ state: 'confirmed', reason: null, list: 'Readers', confirmedAt: expect.any(String) })
    expect(mine.says).toContain('confirmed')
    expect(mine.history).toMatchObject([{ event: 'update', state: 'confirmed' }])
    for (const value of Object.values(asked)) expect(JSON.stringify(reply.body)).not.toContain(value.trim())
  }
  const unusable = (await api.must('POST', '/v1/people/lookup', { memberId: 'p3' })).items.find(
    (item: { syncId: string }) => item.syncId === syncId,
  )
  expect(unusable).toMatchObject({ state: 'unusable', reason: 'email: no @; phone: empty' })
  const nobody = await api.must('POST', '/v1/people/lookup', { email: 'nobody@example.test' })
  expect(nobody.found).toBe(false)
  for (const item of nobody.items) expect(item).toMatchObject({ state: 'absent', history: [] })
  expect(api.logged.join('')).not.toMatch(/example\.test|5550101|"p1"/i)
})

it('finds a phone without a country code by the default country of the audience', async () => {
  const { audienceId, syncId } = await aHeldDelivery()
  const ask = async () => {
    const { items } = await api.must('POST', '/v1/people/lookup', { phone: '(202) 555-0101' })
    return items.find((item: { syncId: string }) => item.syncId === syncId).state
  }
  expect(await ask()).toBe('absent')
  await api.must('PATCH', `/v1/audiences/${audienceId}`, { defaultCountry: 'US' })
  expect(await ask()).toBe('confirmed')
})

it.each([{}, { email: 'a@example.test', phone: '1' }, { name: 'Ada' }, { memberId: '' }])(
  'refuses the question %j',
  async (asked) => {
    expect((await api.call('POST', '/v1/people/lookup', asked)).status).toBe(422)
  },
)
