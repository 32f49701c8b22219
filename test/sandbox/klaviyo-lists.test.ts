import { describe, expect, it } from 'vitest'
import { heldBy } from './support/google.ts'
import {
  email,
  faults,
  idsBody,
  importBody,
  klaviyo,
  listBody,
  newKlaviyoAccount,
  newKlaviyoList,
  newProfile,
  turnClock,
  turnToNext,
} from './support/klaviyo.ts'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

async function start(state?: object) {
  const account = await newKlaviyoAccount(sandbox, state)
  const list = await newKlaviyoList(sandbox, account)
  const call = (method: string, path: string, body?: unknown) => klaviyo(sandbox, account, method, path, body)
  const members = `/api/lists/${list}/relationships/profiles`
  const profile = (name: string) => newProfile(sandbox, account, { email: email(name) })
  return { account, list, call, members, profile, held: () => heldBy(sandbox, 'klaviyo', list) }
}

describe('lists', () => {
  it('are created, read, renamed and deleted', async () => {
    const { account, call } = await start({ opt_in_process: 'double_opt_in' })
    const created = await call('POST', '/api/lists', listBody({ name: 'Buyers' }))
    expect(created.status).toBe(201)
    expect(created.headers.get('content-type')).toBe('application/vnd.api+json')
    const { id } = created.body.data
    expect(created.body.data).toMatchObject({
      type: 'list',
      attributes: { name: 'Buyers', opt_in_process: 'double_opt_in', created: expect.any(String) },
    })
    const one = `/api/lists/${id}`
    const rename = { data: { type: 'list', id, attributes: { name: 'New', opt_in_process: 'single_opt_in' } } }
    expect((await call('PATCH', one, rename)).status).toBe(200)
    expect((await call('GET', `${one}/`)).body.data.attributes).toMatchObject({
      name: 'New',
      opt_in_process: 'single_opt_in',
    })
    expect(await call('DELETE', one)).toMatchObject({ status: 204, body: undefined })
    expect(await call('GET', one)).toMatchObject({
      status: 404,
      body: { errors: [{ status: 404, code: 'not_found' }] },
    })
    expect((await call('POST', `${one}/relationships/profiles`, idsBody('x'))).status).toBe(404)
    expect((await sandbox.control('GET', `/klaviyo/lists/${id}`)).status).toBe(404)
    expect(account.key).toMatch(/^pk_/)
  })

  it('are paged through ten at a time and filtered by name or id', async () => {
    const account = await newKlaviyoAccount(sandbox)
    const ids: string[] = []
    for (let index = 0; index < 12; index++) {
      ids.push(await newKlaviyoList(sandbox, account, `list ${index}`))
      await turnClock(sandbox, '1s')
    }
    const call = (path: string) => klaviyo(sandbox, account, 'GET', path)
    const first = await call('/api/lists')
    expect(first.body.data).toHaveLength(10)
    const rest = await call(first.body.links.next.slice(`${sandbox.url}/klaviyo`.length))
    expect(rest.body.data.map(({ id }: { id: string }) => id)).toEqual(ids.slice(10))
    expect(rest.body.links.next).toBeNull()
    const found = async (filter: string) =>
      (await call(`/api/lists?filter=${encodeURIComponent(filter)}`)).body.data.map(({ id }: { id: string }) => id)
    expect(await found('equals(name,"list 3")')).toEqual([ids[3]])
    expect(await found(`any(id,["${ids[1]}","${ids[2]}"])`)).toEqual([ids[1], ids[2]])
    expect(await found(`any(id,["${ids[1]}","${ids[2]}"]),equals(name,'list 2')`)).toEqual([ids[2]])
    for (const query of [
      'page[size]=11',
      'page[size]=x',
      'page[cursor]=x',
      'filter=nonsense',
      'filter=equals(created,"x")',
      'filter=any(name,"x")',
      'include=tags',
      'fields[list]=colour',
    ])
      expect([query, (await call(`/api/lists?${query}`)).status]).toEqual([query, 400])
    expect((await call('/api/lists?fields[list]=name&page[size]=1')).body.data[0].attributes).toEqual({
      name: 'list 0',
    })
  })

  it.each<[string, unknown, string]>([
    ['no name', listBody({}), '/data/attributes/name'],
    ['a blank name', listBody({ name: ' ' }), '/data/attributes/name'],
    ['another opt-in', listBody({ name: 'x', opt_in_process: 'none' }), '/data/attributes/opt_in_process'],
    ['an unknown field', listBody({ name: 'x', colour: 'red' }), '/data/attributes/colour'],
    ['another type', { data: { type: 'segment', attributes: { name: 'x' } } }, '/data/type'],
    ['no data', {}, '/data'],
  ])('are not created with %s', async (_, body, pointer) => {
    const { call } = await start()
    const reply = await call('POST', '/api/lists', body)
    expect(reply.status).toBe(400)
    expect(faults(reply)).toEqual([['invalid', pointer]])
  })

  it('are at most 150 a day', async () => {
    const account = await newKlaviyoAccount(sandbox)
    const create = () => klaviyo(sandbox, account, 'POST', '/api/lists', listBody({ name: 'x' }))
    await turnToNext(sandbox, 'day')
    for (let index = 0; index < 150; index++) {
      expect((await create()).status).toBe(201)
      if (index % 9 === 8) await turnClock(sandbox, '1m')
    }
    await turnClock(sandbox, '1m')
    const refused = await create()
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60)
    await turnClock(sandbox, '1d')
    expect((await create()).status).toBe(201)
  })

  it('tell how many are on them, at a price', async () => {
    const { call, list, members, profile } = await start()
    await call('POST', members, idsBody(await profile('anna')))
    await turnClock(sandbox, '1s')
    const counted = () => call('GET', `/api/lists/${list}?additional-fields[list]=profile_count`)
    const reply = await counted()
    expect(reply.body.data.attributes.profile_count).toBe(1)
    expect(reply.headers.get('ratelimit-limit')).toBe('15')
  })
})

describe('members of a list', () => {
  it('come and go by profile id, as a set', async () => {
    const { call, members, profile, held } = await start()
    const [anna, bert] = [await profile('anna'), await profile('bert')]
    for (let times = 0; times < 2; times++)
      expect(await call('POST', members, idsBody(anna, bert, anna))).toMatchObject({ status: 204, body: undefined })
    expect(await held()).toEqual([
      { id: anna, email: email('anna') },
      { id: bert, email: email('bert') },
    ])
    for (let times = 0; times < 2; times++) expect((await call('DELETE', members, idsBody(anna))).status).toBe(204)
    expect(await held()).toEqual([{ id: bert, email: email('bert') }])
    expect((await call('GET', `/api/profiles/${anna}`)).status).toBe(200)
  })

  it.each(['POST', 'DELETE'])('one unknown id refuses the whole %s', async (method) => {
    const { call, members, profile, held } = await start()
    const anna = await profile('anna')
    await call('POST', members, idsBody(anna))
    const before = await held()
    const reply = await call(method, members, idsBody(await profile('bert'), 'NOBODY1', anna, 'NOBODY2'))
    expect(reply).toMatchObject({
      status: 400,
      body: { errors: [{ detail: 'Invalid profile IDs: NOBODY1, NOBODY2' }] },
    })
    expect(faults(reply)).toEqual([['invalid', '/data/']])
    expect(await held()).toEqual(before)
  })

  it('are unknown to another account', async () => {
    const { call, members } = await start()
    const other = await newProfile(sandbox, await newKlaviyoAccount(sandbox), { email: email('x') })
    expect((await call('POST', members, idsBody(other))).status).toBe(400)
  })

  it('are at most 1,000 a call, and at least one', async () => {
    const { account, call, members, held } = await start({ job_seconds: 0 })
    const names = Array.from({ length: 1_001 }, (_, index) => ({ email: email(String(index)) }))
    const job = await call('POST', '/api/profile-bulk-import-jobs', importBody(names))
    const ids: string[] = []
    for (
      let next: string | null =
        `/api/profile-bulk-import-jobs/${job.body.data.id}/relationships/profiles?page[size]=100`;
      next !== null;
    ) {
      const { body } = await klaviyo(sandbox, account, 'GET', next)
      ids.push(...body.data.map(({ id }: { id: string }) => id))
      next = body.links.next?.slice(`${sandbox.url}/klaviyo`.length) ?? null
      await turnClock(sandbox, '1s')
    }
    expect(ids).toHaveLength(1_001)
    expect(faults(await call('POST', members, idsBody(...ids)))).toEqual([['invalid', '/data']])
    expect((await call('POST', members, idsBody())).status).toBe(400)
    expect((await call('POST', members, idsBody(...ids.slice(1)))).status).toBe(204)
    expect(await held()).toHaveLength(1_000)
    expect((await call('DELETE', members, idsBody(...ids.slice(1)))).status).toBe(204)
    expect(await held()).toEqual([])
  })

  it('are read back by page, by e-mail, by phone and by when they joined', async () => {
    const { call, list, members, profile } = await start()
    const ids = [await profile('a'), await profile('b'), await profile('c')]
    await call('POST', members, idsBody(...ids.slice(0, 2)))
    await turnClock(sandbox, '1h')
    const { body: clock } = await sandbox.control('GET', '/clock')
    const later = clock.clocks.find(({ platform }: { platform: string }) => platform === 'klaviyo').now
    await turnClock(sandbox, '1s')
    await call('POST', members, idsBody(...ids.slice(2)))
    const read = async (query: string) => {
      const { body } = await call('GET', `/api/lists/${list}/profiles?${query}`)
      return body.data.map(({ id }: { id: string }) => id)
    }
    expect(await read('page[size]=2')).toEqual(ids.slice(0, 2))
    const { body } = await call('GET', `/api/lists/${list}/relationships/profiles?page[size]=2`)
    expect(body.data).toEqual(ids.slice(0, 2).map((id) => ({ type: 'profile', id })))
    expect(await read(body.links.next.split('?')[1])).toEqual(ids.slice(2))
    expect(await read(`filter=${encodeURIComponent(`any(email,["${email('B')}","x"])`)}`)).toEqual([ids[1]])
    expect(await read(`filter=${encodeURIComponent(`greater-than(joined_group_at,${later})`)}`)).toEqual([ids[2]])
    expect(await read(`filter=${encodeURIComponent('equals(phone_number,"+15005550006")')}`)).toEqual([])
    expect((await call('GET', `/api/lists/${list}/profiles?filter=greater-than(joined_group_at,soon)`)).status).toBe(
      400,
    )
    expect((await call('GET', `/api/lists/${list}/profiles`)).body.data[0].attributes).toMatchObject({
      email: email('a'),
      joined_group_at: expect.any(String),
    })
  })

  it('vanish with their profile, merged or forgotten, and are unknown from then on', async () => {
    const { call, members, profile, held } = await start()
    const [kept, merged, gone] = [await profile('a'), await profile('b'), await profile('c')]
    await call('POST', members, idsBody(merged, gone))
    const merge = (destination: string, ...sources: string[]) =>
      call('POST', '/api/profile-merge', {
        data: { type: 'profile-merge', id: destination, relationships: { profiles: idsBody(...sources) } },
      })
    expect(await merge(kept, merged)).toMatchObject({ status: 201, body: { data: { type: 'profile', id: kept } } })
    const forget = { data: { type: 'profile', attributes: { email: email('c') } } }
    const deletion = { data: { type: 'data-privacy-deletion-job', attributes: { profile: forget } } }
    expect((await call('POST', '/api/data-privacy-deletion-jobs', deletion)).status).toBe(202)
    expect(await held()).toEqual([{ id: kept, email: email('a') }])
    expect((await call('DELETE', members, idsBody(kept, merged, gone))).body.errors[0].detail).toBe(
      `Invalid profile IDs: ${merged}, ${gone}`,
    )
    expect((await call('GET', `/api/profiles/${merged}`)).status).toBe(404)
    expect((await merge(kept, merged)).status).toBe(404)
    expect((await merge(kept, kept)).status).toBe(400)
    expect((await merge(kept)).status).toBe(400)
  })

  it('may be taken and silently left out, on request', async () => {
    const { call, members, profile, held } = await start()
    const [anna, bert] = [await profile('anna'), await profile('bert')]
    await sandbox.control('POST', '/faults', { platform: 'klaviyo', fault: 'reject_rows', count: 1 })
    expect((await call('POST', members, idsBody(anna, bert))).status).toBe(204)
    expect(await held()).toEqual([{ id: bert, email: email('bert') }])
  })
})
