import { describe, expect, it } from 'vitest'
import { aDestination, anActiveAudience, aSource, aTable, hashed } from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { useJourney } from '../support/journey.ts'

/** The calls of the README, one after the other, as a user makes them. */
describe('an audience of one’s own, over HTTP', () => {
  const journey = useJourney()
  let table = ''
  let source = ''
  let destination = ''
  let audience = ''
  let sync = { id: '', list: { id: '', name: '' } }

  it('connects a source and the sandbox of a platform', async () => {
    table = await aTable(journey, ['anna', 'ben'])
    await journey.deployment.people.unsafe(`
      insert into ${table} values ('carl', 'no at sign', '+1 202 555 0103'), ('dora', null, null);
      create view adults as select * from ${table}`)
    source = await aSource(journey)
    const tables = await journey.must('GET', `/v1/sources/${source}/tables`)
    expect(JSON.stringify(tables)).toContain('adults')
    destination = await aDestination(journey)
    expect(await journey.must('GET', `/v1/destinations/${destination}`)).toMatchObject({
      status: 'connected',
      problem: null,
    })
  })

  it.each([
    ['a table', () => ({ table })],
    ['a view', () => ({ table: 'adults' })],
    ['a query', () => ({ query: `select * from ${table} where id <> 'nobody'` })],
  ])('reads its members from %s', async (_, reads) => {
    const made = await journey.must('POST', '/v1/audiences', {
      name: 'Readers',
      kind: 'dynamic',
      source: { id: source, memberId: 'id', ...reads() },
      refreshInterval: '1d',
    })
    expect(made).toMatchObject({ status: 'draft', size: null })
    expect((await journey.must('GET', `/v1/audiences/${made.id}/preview`)).size).toBe(4)
    audience = made.id
  })

  it('shows size, a masked sample, and who is usable and why others are not, before anything is sent', async () => {
    await journey.must('PUT', `/v1/audiences/${audience}/schema`, { fields: ['email', 'phone'] })
    const preview = await journey.must('GET', `/v1/audiences/${audience}/preview?platform=meta`)
    expect(preview).toMatchObject({ size: 4, sampled: 4 })
    expect(preview.syncs[0]).toMatchObject({ usable: 3, unusable: 1 })
    expect(preview.syncs[0].reasons).toEqual([{ reason: 'email: empty; phone: empty', members: 1 }])
    const email = preview.syncs[0].identifiers.find((each: { identifier: string }) => each.identifier === 'EMAIL')
    expect(email).toMatchObject({ usable: 2, refused: 1, empty: 1 })
    expect(JSON.stringify(preview.sample)).not.toContain('anna@example.test')
  })

  it('names what is missing before it can be activated', async () => {
    const refused = await journey.call('POST', `/v1/audiences/${audience}/activate`)
    expect(refused).toMatchObject({ status: 409, code: 'incomplete' })
    expect(refused.body.missing).toEqual([expect.objectContaining({ code: 'sync' })])
  })

  it('makes a list at the platform and maps fields to its identifiers', async () => {
    sync = await journey.must('POST', `/v1/audiences/${audience}/syncs`, {
      destinationId: destination,
      mode: 'list',
      list: { create: { name: 'Readers' } },
      mapping: { EMAIL: 'email', PHONE: 'phone' },
      enabled: true,
    })
    const lists = await journey.must('GET', `/v1/destinations/${destination}/lists?search=Read`)
    expect(lists.items.map(({ id }: { id: string }) => id)).toContain(sync.list.id)
  })

  it('is activated, and its first run brings the usable members to the list', async () => {
    expect(await journey.must('POST', `/v1/audiences/${audience}/activate`)).toMatchObject({ status: 'active' })
    const run = await journey.lastRun(audience)
    expect(run).toMatchObject({ status: 'done', causes: ['activation'], size: 4, problem: null })
    expect(run.deliveries[0].counts).toMatchObject({ joined: 3, unusable: 1 })
    expect(await journey.emails(sync.list.id)).toEqual(['', ...hashed(['anna', 'ben'])])
  })

  it('follows the run until the platform has confirmed every member', async () => {
    const run = await journey.lastRun(audience)
    const settled = await journey.settled(run.id)
    expect(settled.deliveries[0]).toMatchObject({ status: 'settled', counts: { confirmed: 3, rejected: 0 } })
    const delivery = await journey.must('GET', `/v1/deliveries/${settled.deliveries[0].id}`)
    expect(delivery.reasons).toEqual([{ reason: 'email: empty; phone: empty', members: 1, by: 'unusable' }])
    expect(delivery.batches.items[0]).toMatchObject({ state: 'confirmed', receipt: { received: 3, refused: 0 } })
  })

  it('brings joins, leaves and changed identifiers with an instant sync', async () => {
    await journey.deployment.people.unsafe(`
      insert into ${table} values ('eve', 'eve@example.test', null);
      delete from ${table} where id = 'ben';
      update ${table} set email = 'anna.new@example.test' where id = 'anna';
      update ${table} set email = 'carl@example.test', phone = null where id = 'carl'`)
    const run = await journey.syncNow(audience)
    expect(run.deliveries[0].counts).toMatchObject({ joined: 1, left: 1, updated: 2 })
    expect(await journey.emails(sync.list.id)).toEqual(hashed(['anna.new', 'carl', 'eve']))
    const sizes = await journey.must('GET', `/v1/audiences/${audience}/sizes`)
    expect(sizes.items[0]).toMatchObject({ size: 4, joined: 1, left: 1 })
  })

  it.each([
    [{ memberId: 'eve' }, 'eve'],
    [{ email: ' Eve@Example.test ' }, 'eve'],
    [{ phone: '+1 202 555 0103' }, undefined],
  ])('tells of one person by %o', async (asked, found) => {
    const answer = await until(async () => {
      const looked = await journey.must('POST', '/v1/people/lookup', asked)
      return found === undefined || looked.items[0]?.state === 'confirmed' ? looked : undefined
    })
    expect(answer.found).toBe(found !== undefined)
    if (found) expect(answer.items[0]).toMatchObject({ state: 'confirmed', list: 'Readers', syncId: sync.id })
  })

  it('tells of a person who left, and why another was never there', async () => {
    const ben = await until(async () => {
      const looked = await journey.must('POST', '/v1/people/lookup', { memberId: 'ben' })
      return looked.items[0].state === 'absent' ? looked : undefined
    })
    expect(ben.items[0].history.at(-1)).toMatchObject({ event: 'left' })
    const dora = await journey.must('POST', '/v1/people/lookup', { memberId: 'dora' })
    expect(dora.items[0]).toMatchObject({ state: 'unusable', reason: 'email: empty; phone: empty' })
  })

  it('fills a list that exists already, and leaves those alone who were there before', async () => {
    const before = await anActiveAudience(journey, ['zoe'], { destinationId: destination })
    expect((await journey.call('DELETE', `/v1/syncs/${before.syncId}?members=keep`)).status).toBe(204)
    const other = await journey.must('POST', '/v1/audiences', {
      name: 'Others',
      kind: 'dynamic',
      source: { id: source, memberId: 'id', table },
      refreshInterval: '1d',
    })
    await journey.must('PUT', `/v1/audiences/${other.id}/schema`, { fields: ['email'] })
    const chosen = await journey.must('POST', `/v1/audiences/${other.id}/syncs`, {
      destinationId: destination,
      list: { id: before.listId },
      mapping: { EMAIL: 'email' },
      enabled: true,
    })
    expect(chosen.list).toMatchObject({ id: before.listId, created: false })
    await journey.must('POST', `/v1/audiences/${other.id}/activate`)
    await journey.lastRun(other.id)
    expect(await journey.emails(before.listId)).toEqual(hashed(['anna.new', 'carl', 'eve', 'zoe']))
    const taken = await journey.call('POST', `/v1/audiences/${audience}/syncs`, {
      destinationId: destination,
      list: { id: before.listId },
      enabled: true,
    })
    expect(taken).toMatchObject({
      status: 409,
      code: 'list_taken',
      body: { detail: expect.stringContaining('Others') },
    })
  })
})
