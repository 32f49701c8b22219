import { describe, expect, it } from 'vitest'
import { connected, errorReply, failureFrom, LIST, unread, wantedList } from './connected.ts'

describe('the lists of an account', () => {
  it('are read 20 a page at most, from a cursor, searched by name', async () => {
    const json = { data: [{ id: LIST, name: 'VIP' }], paging: { cursors: { after: 'C2' }, next: 'https://next.test' } }
    const { opened, requests } = await connected({ json })
    const page = await opened.lists({ limit: 500, after: 'C1', search: 'vip "x"' })
    expect(page).toMatchObject({ lists: [{ id: LIST, name: 'VIP', usable: true }], next: 'C2' })
    expect(requests[0]).toMatchObject({ method: 'GET', path: '/v25.0/act_17/customaudiences' })
    expect(requests[0]?.query).toMatchObject({ limit: '20', after: 'C1' })
    expect(JSON.parse(requests[0]?.query.filtering ?? '')).toEqual([
      { field: 'name', operator: 'CONTAIN', value: 'vip "x"' },
    ])
    expect(requests[0]?.query.fields).toMatch(/operation_status/)
  })

  it('end where Meta names no next page, although a cursor is there', async () => {
    const { opened } = await connected({ json: { data: [], paging: { cursors: { after: 'C2' } } } })
    expect(await opened.lists({ limit: 5 })).toEqual({ lists: [] })
  })
})

describe('a list', () => {
  const read = async (fields: object) => {
    const { opened } = await connected({ json: { id: LIST, name: 'VIP', subtype: 'CUSTOM', ...fields } })
    return opened.readList(LIST)
  }
  const operation = (code: number) => ({ operation_status: { code, description: 'said by Meta' } })

  it('is told in plain words', async () => {
    const list = await read({
      approximate_count_lower_bound: 1000,
      approximate_count_upper_bound: 1300,
      delivery_status: { code: 200 },
      ...operation(200),
      customer_file_source: 'USER_PROVIDED_ONLY',
      retention_days: 0,
      time_content_updated: 1790000000,
      unknown_field: { a: 1 },
    })
    expect(list).toMatchObject({
      usable: true,
      facts: {
        Size: '1,000 to 1,300, rounded by Meta',
        Delivery: 'ready (200)',
        State: 'normal (200)',
        Type: 'customer list',
        'Members stay': 'until removed',
        'Members changed': '2026-09-21T14:13:20.000Z',
        'List changed': null,
      },
    })
  })

  it('has no size where Meta says -1', async () => {
    const list = await read({ approximate_count_lower_bound: -1, approximate_count_upper_bound: -1 })
    expect(list.facts.Size).toMatch(/not told/)
  })

  it.each([
    ['flagged', { ...operation(471), fields_violating_integrity_policy: ['name'] }, /flagged this list for its name/],
    ['being replaced', operation(414), /replacement/],
    ['broken', operation(500), /error/],
    ['undeliverable', { delivery_status: { code: 412, description: 'bad' } }, /cannot be used \(412/],
    ['a lookalike', { subtype: 'LOOKALIKE' }, /not a customer list/],
  ])('that is %s is not usable, with the reason', async (_, fields, problem) => {
    const list = await read(fields)
    expect(list.usable).toBe(false)
    expect(list.problem).toMatch(problem)
  })

  it.each([0, 100, 200, 400, 410, 411, 412, 415, 441, 450, 470, 777])('in state %i is usable', async (code) => {
    expect((await read({ ...operation(code), delivery_status: { code: 300 } })).usable).toBe(true)
  })
})

describe('a new list', () => {
  it('is a customer list that carries its marker', async () => {
    const { opened, requests } = await connected(
      { json: { id: LIST } },
      { settings: { customerFileSource: 'PARTNER_PROVIDED_ONLY' } },
    )
    expect(await opened.createList(wantedList({ name: 'VIP', marker: 'as-1' }))).toMatchObject({
      id: LIST,
      name: 'VIP',
      usable: true,
    })
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/v25.0/act_17/customaudiences' })
    expect(requests[0]?.body).toEqual({
      name: 'VIP',
      subtype: 'CUSTOM',
      customer_file_source: 'PARTNER_PROVIDED_ONLY',
      description: expect.stringContaining('[as-1]'),
    })
  })

  it('is found again by its marker on any page, whatever it is called now', async () => {
    const { opened, requests } = await connected((request) =>
      request.query.after
        ? { json: { data: [{ id: LIST, name: 'renamed', description: 'Kept [as-1]' }] } }
        : {
            json: {
              data: [{ id: '1', name: 'VIP', description: '[as-12]' }],
              paging: { cursors: { after: 'C' }, next: 'x' },
            },
          },
    )
    expect(await opened.findCreated(wantedList({ name: 'VIP', marker: 'as-1' }))).toMatchObject({ id: LIST })
    expect(await opened.findCreated(wantedList({ name: 'VIP', marker: 'as-2' }))).toBeUndefined()
    expect(requests.every(({ query }) => query.filtering === undefined)).toBe(true)
  })
})

describe('a check', () => {
  const answers =
    (over: Record<string, object>) =>
    ({ path }: { path: string }) =>
      Object.entries({
        ...{
          '/v25.0/act_17': {
            json: { id: 'act_17', name: 'Shop', account_status: 1, tos_accepted: { custom_audience_tos: 1 } },
          },
          '/v25.0/me/permissions': { json: { data: [{ permission: 'ads_management', status: 'granted' }] } },
          '/v25.0/act_17/customaudiences': { json: { data: [] } },
        },
        ...over,
      }).find(([at]) => at === path)?.[1]

  it('finds nothing wrong where all is well', async () => {
    const { opened } = await connected(answers({}))
    expect(await opened.check()).toEqual({ ok: true, account: 'Shop (act_17)', problems: [] })
  })

  it.each([
    [
      'the permission',
      '/v25.0/me/permissions',
      { json: { data: [{ permission: 'ads_management', status: 'declined' }] } },
      '294',
    ],
    ['the terms', '/v25.0/act_17', { json: { id: 'act_17', tos_accepted: { custom_audience_tos: 0 } } }, '200/1870090'],
    ['the terms, by a refusal', '/v25.0/act_17/customaudiences', errorReply(200, 1870090), '200/1870090'],
    ['the account', '/v25.0/act_17', errorReply(100, 33), '100/33'],
    ['an open account', '/v25.0/act_17', { json: { id: 'act_17', account_status: 2 } }, 'account_status 2'],
  ])('names a lack of %s', async (_, path, reply, code) => {
    const { opened } = await connected(answers({ [path]: reply }))
    const verdict = await opened.check()
    expect(verdict.ok).toBe(false)
    expect(verdict.problems.map((problem) => problem.code)).toEqual([code])
    expect(verdict.problems[0]?.whose).toBe('you')
    expect(verdict.problems[0]?.next).toMatch(/\.$/)
  })

  it('names an expired token once, though every call fails by it', async () => {
    const { opened } = await connected(errorReply(190, 463))
    expect(await opened.check()).toMatchObject({ ok: false, problems: [{ code: '190/463', whose: 'you' }] })
  })

  it('does not need the list of permissions, which not every token may read', async () => {
    const { opened } = await connected(answers({ '/v25.0/me/permissions': errorReply(100) }))
    expect((await opened.check()).ok).toBe(true)
  })

  it('judges nothing while Meta has trouble of its own', async () => {
    const { opened } = await connected(errorReply(2))
    expect((await failureFrom(opened.check())).kind).toBe('retry')
  })
})

describe('settling', () => {
  const open = { listId: LIST, operation: 'add', reference: '4711', rows: 10, sentAt: new Date(0), ...unread } as const
  const settled = async (session: object | undefined) => {
    const { opened, requests } = await connected({
      json: { data: session ? [{ session_id: '4711', ...session }] : [] },
    })
    const result = await opened.settle(open)
    expect(requests[0]).toMatchObject({ method: 'GET', path: `/v25.0/${LIST}/sessions`, query: { session_id: '4711' } })
    return result
  }

  it('tells counts, which Meta writes as text', async () => {
    const session = { progress: '100', num_received: '10', num_invalid_entries: '3', num_matched: '6' }
    const result = await settled(session)
    expect(result).toMatchObject({ state: 'confirmed', received: 10, refused: 3, matched: 6 })
    expect('reasons' in result && Object.values(result.reasons ?? {})).toEqual([3])
  })

  it.each([
    ['is not known yet', undefined],
    ['is at work', { progress: '40', num_received: '10', end_time: '' }],
    ['has ended its upload only', { progress: '40', num_received: '10', end_time: '1790000000' }],
    ['says nothing', {}],
  ])('asks again while the session %s', async (_, session) => {
    expect(await settled(session)).toMatchObject({ state: 'pending', askAgainAfterMs: expect.any(Number) })
  })

  it.each([{ end_time: '1790000000' }, { progress: '1.0', end_time: '1790000000' }, { stage: 'finished' }])(
    'is over with %j',
    async (session) => expect(await settled({ ...session, num_received: '10' })).toMatchObject({ state: 'confirmed' }),
  )

  it('does not confirm what did not arrive', async () => {
    expect(await settled({ progress: '100', num_received: '7' })).toMatchObject({ state: 'unconfirmed', received: 7 })
  })

  it('counts a batch once that its session holds twice', async () => {
    const session = { progress: '100', num_received: '20', num_invalid_entries: '4', num_matched: '12' }
    expect(await settled(session)).toMatchObject({ state: 'confirmed', received: 10, refused: 2, matched: 6 })
  })

  it('asks about no other session', async () => {
    const json = { data: [{ session_id: '1', progress: '100', num_received: '10' }] }
    const { opened } = await connected({ json })
    expect(await opened.settle(open)).toMatchObject({ state: 'pending' })
  })
})
