import { expect, it } from 'vitest'
import { useApi } from './support/api.ts'
import { aDestination, anActiveAudience, anAudience, aReadyAudience, aSource, atSource } from './support/journey.ts'

const api = useApi()
const runs = (audienceId: string) => api.db.sql`select id, status, causes from run where audience_id = ${audienceId}`

it('creates an audience from a query or a table, a draft', async () => {
  const id = await aSource(api)
  const made = await api.must('POST', '/v1/audiences', {
    name: 'VIP',
    kind: 'dynamic',
    source: { id, query: 'select id, email from people where vip', memberId: 'id' },
    refreshInterval: '90m',
    defaultCountry: 'us',
    brake: { percent: 10, minimum: 5 },
  })
  expect(made).toMatchObject({
    status: 'draft',
    paused: false,
    source: { id, query: 'select id, email from people where vip', memberId: 'id' },
    refreshInterval: '90m',
    defaultCountry: 'US',
    brake: { percent: 10, minimum: 5 },
    fields: [],
  })
  expect(await api.must('GET', `/v1/audiences/${made.id}`)).toEqual(made)
})

it.each([
  ['both a query and a table', { query: 'select 1', table: 'people' }],
  ['neither', {}],
])('refuses %s', async (_, reads) => {
  const id = await aSource(api)
  const body = { name: 'X', kind: 'dynamic', source: { id, memberId: 'id', ...reads } }
  expect(await api.call('POST', '/v1/audiences', body)).toMatchObject({
    status: 422,
    body: { errors: [{ path: 'source.query' }] },
  })
})

it.each(['0s', '15', 'soon', '400d', '1w', '-1d'])('refuses the refresh interval %s', async (refreshInterval) => {
  const audienceId = await anAudience(api)
  const reply = await api.call('PATCH', `/v1/audiences/${audienceId}`, { refreshInterval })
  expect(reply).toMatchObject({ status: 422, body: { errors: [{ path: 'refreshInterval' }] } })
})

it('shows what the source offers, how full it is, and nobody by their values', async () => {
  const audienceId = await anAudience(api)
  const { items, sampled } = await api.must('GET', `/v1/audiences/${audienceId}/fields`)
  expect(sampled).toBe(4)
  const email = items.find((item: { name: string }) => item.name === 'email')
  expect(email).toMatchObject({
    type: 'text',
    chosen: true,
    filled: 0.75,
    samples: expect.arrayContaining(['a•••@e•••.test']),
  })
  expect(items.find((item: { name: string }) => item.name === 'id')).toMatchObject({ isMemberId: true, chosen: false })
  expect(JSON.stringify(items)).not.toMatch(/ada@|grace@|555[ )-]*01|Edsger/)
})

it('refuses fields that the source does not offer, and keeps those that a sync maps', async () => {
  const { audienceId } = await aReadyAudience(api)
  const unknown = await api.call('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email', 'shoe_size'] })
  expect(unknown).toMatchObject({ status: 422, body: { detail: 'The source does not offer shoe_size.' } })
  const twice = await api.call('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email', 'email'] })
  expect(twice.status).toBe(422)
  const mapped = await api.call('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email'] })
  expect(mapped).toMatchObject({ status: 409, body: { detail: expect.stringContaining('maps first_name, phone') } })
})

it('previews size, a masked sample, who is usable and why others are not', async () => {
  const { audienceId } = await aReadyAudience(api)
  const preview = await api.must('GET', `/v1/audiences/${audienceId}/preview`)
  expect(preview).toMatchObject({ size: 4, sampled: 4 })
  const [sync] = preview.syncs
  expect(sync).toMatchObject({ platform: 'meta', usable: 2, unusable: 2 })
  expect(sync.reasons).toContainEqual({ reason: 'email: no @; phone: empty', members: 1 })
  expect(sync.identifiers).toContainEqual(
    expect.objectContaining({
      identifier: 'EMAIL',
      field: 'email',
      usable: 2,
      empty: 1,
      refused: 1,
      reasons: [{ reason: 'no @', members: 1 }],
    }),
  )
  expect(preview.warnings).toContainEqual(
    expect.objectContaining({ code: 'no_country', what: expect.stringMatching(/^1 of 4 values of phone/) }),
  )
  // whole numbers: the digits of an id may hold any three
  expect(JSON.stringify(preview)).not.toMatch(/ada@|grace@|555[ )-]*01|Edsger|broken\.example/)

  await api.must('PATCH', `/v1/audiences/${audienceId}`, { defaultCountry: 'US' })
  expect((await api.must('GET', `/v1/audiences/${audienceId}/preview`)).warnings).toEqual([])
})

it('previews the suggested mapping of a platform before there is a sync', async () => {
  const audienceId = await anAudience(api)
  const { syncs } = await api.must('GET', `/v1/audiences/${audienceId}/preview?platform=meta`)
  expect(syncs).toMatchObject([
    { syncId: null, mapping: { EMAIL: 'email', PHONE: 'phone', FN: 'first_name' }, usable: 2 },
  ])
})

it('names everything that is missing before an audience can be activated, all at once', async () => {
  const id = await aSource(api)
  const made = await api.must('POST', '/v1/audiences', {
    name: 'Bare',
    kind: 'dynamic',
    source: { id, table: 'people', memberId: 'id' },
  })
  const reply = await api.call('POST', `/v1/audiences/${made.id}/activate`)
  expect(reply.status).toBe(409)
  expect(reply.body.missing.map((each: { code: string }) => each.code)).toEqual(['refresh_interval', 'fields', 'sync'])
  for (const each of reply.body.missing)
    expect(each).toMatchObject({ what: expect.any(String), whose: 'you', next: expect.any(String) })
})

it('names a source that cannot be read and a destination that needs attention', async () => {
  const { audienceId, destinationId } = await aReadyAudience(api)
  await atSource(api, 'alter table people rename to persons')
  await api.db.sql`update destination set status = 'needs_attention' where id = ${destinationId}`
  const reply = await api.call('POST', `/v1/audiences/${audienceId}/activate`)
  await atSource(api, 'alter table persons rename to people')
  expect(reply.status).toBe(409)
  expect(reply.body.missing.map((each: { code: string }) => each.code)).toEqual([
    expect.stringMatching(/table|undefined|missing/),
    'destination',
  ])
})

it('activates, wakes the workflow, and asks for the first run', async () => {
  const { audienceId } = await aReadyAudience(api)
  expect(await api.must('POST', `/v1/audiences/${audienceId}/activate`)).toMatchObject({
    status: 'active',
    paused: false,
  })
  expect(api.signals).toContain(`audience ${audienceId} wake`)
  expect(await runs(audienceId)).toMatchObject([{ status: 'requested', causes: ['activation'] }])
  expect(await api.call('POST', `/v1/audiences/${audienceId}/activate`)).toMatchObject({ status: 409 })
})

it('makes one run of several instant syncs, and answers with its id', async () => {
  const { audienceId, syncId } = await anActiveAudience(api)
  const replies = await Promise.all([
    api.call('POST', `/v1/audiences/${audienceId}/instant-sync`, undefined, { role: 'operator' }),
    api.call('POST', `/v1/audiences/${audienceId}/instant-sync`),
    api.call('POST', `/v1/syncs/${syncId}/instant-sync`),
  ])
  expect(replies.map(({ status }) => status)).toEqual([202, 202, 202])
  expect(new Set(replies.map(({ body }) => body.runId)).size).toBe(1)
  expect(await runs(audienceId)).toMatchObject([{ id: replies[0]?.body.runId, causes: ['activation', 'instant'] }])
})

it('stores the wish when Temporal is not there, and answers all the same', async () => {
  const { audienceId } = await anActiveAudience(api)
  await api.db.sql`delete from run where audience_id = ${audienceId}`
  api.temporalDown = true
  const reply = await api.call('POST', `/v1/audiences/${audienceId}/instant-sync`)
  api.temporalDown = false
  expect(reply.status).toBe(202)
  expect(await runs(audienceId)).toMatchObject([{ id: reply.body.runId, status: 'requested' }])
  expect(api.logged.join('')).toContain('signal not delivered')
})

it('pauses and resumes, and answers 409 where that makes no sense', async () => {
  const { audienceId, syncId } = await anActiveAudience(api)
  expect((await api.call('POST', `/v1/audiences/${audienceId}/resume`)).status).toBe(409)
  expect(await api.must('POST', `/v1/audiences/${audienceId}/pause`)).toMatchObject({ status: 'active', paused: true })
  // never the operator's signals `pause` and `resume`, which write: one that comes late would undo what came after it
  expect(api.signals.at(-1)).toBe(`audience ${audienceId} wake`)
  for (const path of [
    `audiences/${audienceId}/pause`,
    `audiences/${audienceId}/instant-sync`,
    `syncs/${syncId}/instant-sync`,
    `syncs/${syncId}/resync`,
  ])
    expect(await api.call('POST', `/v1/${path}`), path).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('paused') },
    })
  expect(await api.must('POST', `/v1/audiences/${audienceId}/resume`)).toMatchObject({ paused: false })
  expect(api.signals).toContain(`audience ${audienceId} wake`)

  const draft = await anAudience(api)
  for (const action of ['pause', 'resume', 'instant-sync'])
    expect(await api.call('POST', `/v1/audiences/${draft}/${action}`)).toMatchObject({
      status: 409,
      body: { detail: 'The audience is draft.' },
    })
})

it('archives: removing empties every list first, activating meanwhile is refused', async () => {
  const { audienceId, syncId } = await anActiveAudience(api)
  const off = await api.must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId: await aDestination(api),
    list: { create: { name: 'Off' } },
  })
  expect(await api.must('POST', `/v1/audiences/${audienceId}/archive`, { members: 'remove' })).toMatchObject({
    status: 'archiving',
  })
  for (const id of [syncId, off.id]) expect(await api.must('GET', `/v1/syncs/${id}`)).toMatchObject({ emptying: true })
  expect((await runs(audienceId)).map((run) => run.causes)).toEqual([['activation', 'archive']])
  for (const action of ['activate', 'pause', 'instant-sync'])
    expect((await api.call('POST', `/v1/audiences/${audienceId}/${action}`)).status, action).toBe(409)
  expect((await api.call('DELETE', `/v1/audiences/${audienceId}`)).status).toBe(409)

  await api.db.sql`update audience set status = 'archived' where id = ${audienceId}`
  expect(await api.must('POST', `/v1/audiences/${audienceId}/activate`)).toMatchObject({ status: 'active' })
  expect(await api.must('GET', `/v1/syncs/${syncId}`)).toMatchObject({ emptying: false })
})

it('deletes a draft with its syncs, and nothing that is at work', async () => {
  const { audienceId, syncId } = await aReadyAudience(api)
  expect((await api.call('DELETE', `/v1/audiences/${audienceId}`)).status).toBe(204)
  expect((await api.call('GET', `/v1/audiences/${audienceId}`)).status).toBe(404)
  expect((await api.call('GET', `/v1/syncs/${syncId}`)).status).toBe(404)
  const { audienceId: active } = await anActiveAudience(api)
  expect(await api.call('DELETE', `/v1/audiences/${active}`)).toMatchObject({
    status: 409,
    body: { next: expect.stringContaining('Archive it') },
  })
})

it('wakes the workflow when the interval changes, and stops deliveries of another default country', async () => {
  const { audienceId, syncId } = await anActiveAudience(api)
  const before = await api.must('GET', `/v1/syncs/${syncId}`)
  const signals = api.signals.length
  expect(await api.must('PATCH', `/v1/audiences/${audienceId}`, { refreshInterval: '30s' })).toMatchObject({
    refreshInterval: '30s',
  })
  expect(api.signals.slice(signals)).toEqual([`audience ${audienceId} wake`])
  expect((await api.must('GET', `/v1/syncs/${syncId}`)).version).toBe(before.version)
  await api.must('PATCH', `/v1/audiences/${audienceId}`, { defaultCountry: 'DE' })
  expect((await api.must('GET', `/v1/syncs/${syncId}`)).version).toBe(before.version + 1)
})

it('reads another query only if it still offers the chosen fields', async () => {
  const audienceId = await anAudience(api)
  const reply = await api.call('PATCH', `/v1/audiences/${audienceId}`, {
    source: { query: 'select id, email from people' },
  })
  expect(reply).toMatchObject({ status: 422, body: { detail: 'The source does not offer phone, first_name.' } })
  const query = 'select id, email, phone, first_name from people where vip'
  const changed = await api.must('PATCH', `/v1/audiences/${audienceId}`, { source: { query } })
  expect(changed.source).toMatchObject({ query, memberId: 'id' })
  expect(changed.source).not.toHaveProperty('table')
})
