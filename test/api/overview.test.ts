import { expect, it } from 'vitest'
import { useApi } from './support/api.ts'
import { anActiveAudience, anAudience, aReadyAudience } from './support/journey.ts'

const api = useApi()

it('tells of an empty deployment, and of one at work', async () => {
  expect(await api.must('GET', '/v1/overview')).toEqual({
    needsPerson: [],
    running: [],
    next: [],
    totals: { active: 0, paused: 0, draft: 0, members: 0, sources: 0, destinations: 0, syncs: 0 },
  })
  const { audienceId } = await anActiveAudience(api)
  const { running, totals } = await api.must('GET', '/v1/overview')
  expect(totals).toMatchObject({ active: 1, sources: 1, destinations: 1, syncs: 1 })
  expect(running).toEqual([
    expect.objectContaining({ audience: { id: audienceId, name: 'Readers' }, status: 'requested' }),
  ])
})

it('names what needs a person, whose move it is and what to do', async () => {
  const { destinationId, audienceId, syncId } = await aReadyAudience(api)
  const problem = { code: 'x', what: 'It broke.', whose: 'you', next: 'Mend it.', at: new Date().toISOString() }
  const { sql } = api.db
  await sql`update audience set problem = ${sql.json(problem)} where id = ${audienceId}`
  await sql`update sync set problem = ${sql.json(problem)} where id = ${syncId}`
  const first = await api.must('GET', '/v1/overview')
  expect(first.needsPerson).toEqual([
    expect.objectContaining({ kind: 'audience', what: 'It broke.', whose: 'you', next: 'Mend it.' }),
    expect.objectContaining({ kind: 'sync', syncId, destination: { id: destinationId, name: 'Meta' } }),
  ])
  await sql`update destination set status = 'needs_attention', problem = ${sql.json(problem)} where id = ${destinationId}`
  const { needsPerson } = await api.must('GET', '/v1/overview')
  // That a sync stands still because of its destination is told once, at the destination.
  expect(needsPerson.map(({ kind }: { kind: string }) => kind)).toEqual(['destination', 'audience'])
})

it('lists audiences by part of their name and by kind, with how each sync stands', async () => {
  await api.must('POST', '/v1/audiences', { name: 'Guests 100%', kind: 'static' })
  const names = async (query: string) =>
    (await api.must('GET', `/v1/audiences?${query}`)).items.map(({ name }: { name: string }) => name)
  expect(await names('search=gUEsts')).toEqual(['Guests 100%'])
  expect(await names('search=100%25')).toEqual(['Guests 100%'])
  expect(await names('kind=static')).toEqual(['Guests 100%'])
  expect(await names('search=nobody')).toEqual([])

  const { audienceId, destinationId } = await aReadyAudience(api)
  const find = async () =>
    (await api.must('GET', '/v1/audiences')).items.find(({ id }: { id: string }) => id === audienceId)
  expect(await find()).toMatchObject({ refreshedAt: null, sizes: [], syncs: [{ standing: { state: 'waiting' } }] })
  const { sql } = api.db
  await sql`insert into run (audience_id, status, causes, size, requested_at, started_at, finished_at)
    values (${audienceId}, 'done', '{interval}', 5, now() - interval '1 hour', now(), now()),
      (${audienceId}, 'done', '{interval}', 7, now(), now(), now())`
  await sql`update destination set status = 'needs_attention' where id = ${destinationId}`
  expect(await find()).toMatchObject({ sizes: [5, 7], syncs: [{ standing: { state: 'needs_attention' } }] })
})

it('shows what a mapping would send before it is saved, and names nobody', async () => {
  const audienceId = await anAudience(api)
  const path = `/v1/audiences/${audienceId}/preview`
  const suggested = await api.must('POST', path, { platform: 'meta' })
  expect(suggested).toMatchObject({ mapping: { EMAIL: 'email', PHONE: 'phone' }, size: 4, usable: 2, unusable: 2 })
  const [first] = suggested.members
  expect(first).toMatchObject({ usable: true, why: null, fields: { email: 'a•••@e•••.test' } })
  expect(first.sent.EMAIL).toMatch(/^[0-9a-f]{10}…$/)
  expect(suggested.members.at(-1)).toMatchObject({ usable: false, why: 'email: empty; phone: empty' })
  expect(JSON.stringify(suggested)).not.toMatch(/ada@|grace@|Edsger/)

  const names = await api.must('POST', path, { platform: 'meta', mapping: { FN: 'first_name' } })
  expect(names).toMatchObject({ usable: 0, unusable: 4 })
  const wrong = await api.call('POST', path, { platform: 'meta', mapping: { SHOE: 'email' } })
  expect(wrong).toMatchObject({ status: 422, body: { errors: [{ path: 'mapping.SHOE' }] } })
})
