import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { pinterest } from '../../../destinations/pinterest/index.ts'
import { aBatch, aReceipt, aWantedList, failureFrom, openAt, recorded } from '../open.ts'
import { type Recorded, type Reply, startRecorder } from '../recorder.ts'

const settings = { ad_account_id: '549755885175' }
const account = { settings, credentials: { access_token: 'TOKEN' } }
const LIST = '643'
const HOME = '/v5/ad_accounts/549755885175'
const sha = (value: string) => hash('sha256', value, 'hex')
const told = (over: object = {}) => ({ id: LIST, name: 'VIP', status: 'READY', num_batches: 3, ...over })
const error = (status: number, code?: number): Reply => ({
  status,
  json: { ...(code !== undefined && { code }), message: 'CANARY jane@example.test' },
})
const batch = aBatch({
  listId: LIST,
  identifiers: ['EMAIL'],
  members: [
    { key: 'a', values: [sha('a@example.test')] },
    { key: 'b', values: [sha('b@example.test')] },
  ],
})

const open = (reply: Reply | ((request: Recorded) => Reply | undefined)) => recorded(pinterest, account, reply)

describe('a batch at Pinterest', () => {
  it('is one string of records, apart by commas', async () => {
    const { opened, requests, paced } = await open({ json: told({ status: 'UPLOADING' }) })
    expect(await opened.upload(batch)).toEqual({ state: 'accepted', reference: '3/0', received: 2 })
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({ method: 'PATCH', path: `${HOME}/customer_lists/${LIST}`, query: {} })
    expect(requests[0]?.headers).toMatchObject({ authorization: 'Bearer TOKEN', 'content-type': 'application/json' })
    expect(requests[0]?.body).toEqual({
      operation_type: 'ADD',
      records: `${sha('a@example.test')},${sha('b@example.test')}`,
    })
    expect(paced).toEqual(['pinterest:write:549755885175'])
  })

  it('removes by the same records', async () => {
    const { opened, requests } = await open({ json: told() })
    await opened.upload({ ...batch, operation: 'remove' })
    expect(requests[0]?.body).toMatchObject({ operation_type: 'REMOVE' })
  })

  it('of two kinds of records adds nobody, and takes out whoever it names', async () => {
    const { opened, requests } = await open({ json: told() })
    const members = [
      { key: 'a', values: [sha('a'), undefined] },
      { key: 'b', values: [undefined, sha('b')] },
    ]
    const mixed = { ...batch, identifiers: ['EMAIL', 'MAID'], members }
    expect(await failureFrom(opened.upload(mixed))).toMatchObject({ kind: 'config', rowsSuspect: false })
    expect(requests).toHaveLength(0)
    await opened.upload({ ...mixed, operation: 'remove' })
    expect(requests[0]?.body).toEqual({ operation_type: 'REMOVE', records: `${sha('a')},${sha('b')}` })
  })

  it('goes to no other place than a list', async () => {
    const { opened, requests } = await open({ json: told() })
    expect(await failureFrom(opened.upload({ ...batch, listId: '../audiences' }))).toMatchObject({ code: 'list-id' })
    expect(requests).toHaveLength(0)
  })

  const refusals: [status: number, code: number | undefined, kind: string, rowsSuspect: boolean, listGone: boolean][] =
    [
      [401, 2, 'auth', false, false],
      [403, 29, 'auth', false, false],
      [429, 8, 'throttled', false, false],
      [503, undefined, 'retry', false, false],
      [500, 12, 'retry', false, false],
      [408, undefined, 'retry', false, false],
      [400, 2740, 'config', true, false],
      [400, 2741, 'config', true, false],
      [400, 1, 'config', true, false],
      [413, undefined, 'config', true, false],
      [422, undefined, 'config', true, false],
      [409, undefined, 'config', false, false],
      [400, 1018, 'config', false, true],
      [404, 1001, 'config', false, true],
      [404, undefined, 'config', false, true],
      // a failure inside an answer of 200
      [200, 8, 'throttled', false, false],
      [200, 29, 'auth', false, false],
      [200, 2, 'retry', false, false],
    ]
  it.each(refusals)('refused with %i and code %s is %s', async (status, code, kind, rowsSuspect, listGone) => {
    const { opened } = await open(error(status, code))
    const failure = await failureFrom(opened.upload(batch))
    expect(failure).toMatchObject({ kind, rowsSuspect, listGone })
    expect(failure.message).not.toMatch(/CANARY|jane/)
    if (kind === 'throttled') expect(failure.retryAfterMs).toBeGreaterThanOrEqual(1_000)
  })

  it.each([
    [{ status: 502, headers: { 'content-type': 'text/html' }, text: '<html>Bad gateway</html>' }],
    [{ status: 200, headers: { 'content-type': 'text/html' }, text: '<html>Hello</html>' }],
    [{ status: 200, text: '{"id":"643","sta' }],
    [{ status: 200, text: '{"id":9007199254740993,"name":"VIP"}' }],
    [{ status: 200, text: '' }],
  ] as const)('answered with something else is repeated: %j', async (reply) => {
    const { opened } = await open(reply)
    expect(await failureFrom(opened.upload(batch))).toMatchObject({ kind: 'retry' })
  })
})

describe('what became of a batch', () => {
  const ask = async (list: object, open_: Parameters<typeof aReceipt>[0] = {}) => {
    const { opened, requests } = await open({ json: told(list) })
    const word = await opened.settle(aReceipt({ listId: LIST, rows: 10, reference: '3/5', ...open_ }))
    expect(requests[0]).toMatchObject({ method: 'GET', path: `${HOME}/customer_lists/${LIST}` })
    return word
  }

  it.each(['UPLOADING', 'PROCESSING'])(
    'is open while the list is %s, and asked for ever more rarely',
    async (status) => {
      expect(await ask({ status })).toEqual({ state: 'pending', askAgainAfterMs: 600_000 })
      const sentAt = new Date(Date.now() - 3_600_000)
      const later = await ask({ status }, { sentAt })
      expect(later.state === 'pending' && later.askAgainAfterMs).toBeGreaterThanOrEqual(1_800_000)
      const longAgo = await ask({ status }, { sentAt: new Date(Date.now() - 48 * 3_600_000) })
      expect(longAgo).toMatchObject({ askAgainAfterMs: 6 * 3_600_000 })
    },
  )

  it.each(['READY', 'TOO_SMALL'])('is accepted, never confirmed, when the list is %s', async (status) => {
    expect(await ask({ status })).toMatchObject({ state: 'accepted', received: 10 })
  })

  it('counts the records that were refused since it was sent', async () => {
    expect(await ask({ exceptions: { invalid_records: 7, code: 2, message: 'CANARY' } })).toEqual({
      state: 'accepted',
      received: 10,
      refused: 2,
      reasons: { 'Pinterest could not use the record': 2 },
      notes: { 'Status of the list': 'ready', 'Pinterest: invalid_records, in the whole list': 7 },
    })
    const { opened } = await open({ json: told({ exceptions: { invalid_records: 5 } }) })
    expect(await opened.upload(batch)).toMatchObject({ reference: '3/5' })
  })

  it.each([
    ['the list was changed after it', { num_batches: 4, exceptions: { invalid_records: 7 } }, {}],
    ['the list does not tell how often it was changed', { num_batches: undefined, exceptions: { n: 7 } }, {}],
    ['it was sent when nothing was told', { exceptions: { invalid_records: 7 } }, { reference: '/0' }],
    ['the count went down', { exceptions: { invalid_records: 1 } }, {}],
    ['more were refused than it has', { exceptions: { invalid_records: 99 } }, {}],
  ])('has no count of its own where %s', async (_, list, receipt) => {
    const word = await ask(list, receipt)
    expect(word).toMatchObject({ state: 'accepted' })
    expect(word).not.toHaveProperty('refused')
  })
})

describe('the token of Pinterest', () => {
  const credentials = { client_id: 'id', client_secret: 'SECRET', refresh_token: 'REFRESH' }

  async function withRefresh(reply: (request: Recorded) => Reply) {
    const recorder = await startRecorder(reply)
    const { opened } = openAt(pinterest, recorder.url, { settings, credentials })
    return { opened, ...recorder }
  }

  it('is fetched once with the refresh token, kept, and fetched anew when it is refused early', async () => {
    let issued = 0
    let refuse = false
    const { opened, requests, close } = await withRefresh((request) => {
      if (request.path === '/v5/oauth/token') return { json: { access_token: `T${++issued}`, expires_in: 2_592_000 } }
      if (refuse && request.headers.authorization === 'Bearer T1') return error(401, 2)
      return { json: told() }
    })
    await Promise.all([opened.upload(batch), opened.upload(batch)])
    expect(issued).toBe(1)
    const asked = requests.find(({ path }) => path === '/v5/oauth/token')
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('id:SECRET').toString('base64')}`)
    expect(Object.fromEntries(new URLSearchParams(asked?.text))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'REFRESH',
    })
    refuse = true
    expect(await opened.upload(batch)).toMatchObject({ state: 'accepted' })
    expect(issued).toBe(2)
    await close()
  })

  it.each([400, 401, 403])('that is refused with %i is for a person to mend', async (status) => {
    const { opened, close } = await withRefresh(() => ({ status, json: { code: 1, message: 'CANARY' } }))
    expect(await failureFrom(opened.upload(batch))).toMatchObject({ kind: 'auth' })
    expect(await opened.check()).toMatchObject({ ok: false, problems: [{ whose: 'you' }] })
    await close()
  })

  it.each([
    [{ status: 429, json: {} }, 'throttled'],
    [{ status: 500, json: {} }, 'retry'],
    [{ text: '<html>' }, 'retry'],
    [{ json: { token: 'x' } }, 'retry'],
  ] as const)('that cannot be had now, %j, is asked for again', async (reply, kind) => {
    const { opened, close } = await withRefresh(() => reply)
    expect(await failureFrom(opened.upload(batch))).toMatchObject({ kind })
    await close()
  })

  it('is needed in one of two forms', () => {
    expect(pinterest.credentials.safeParse({ client_id: 'id' }).success).toBe(false)
    expect(pinterest.credentials.safeParse({ access_token: 'T' }).success).toBe(true)
  })

  it.each([
    ['ads:read', false],
    ['ads:read,ads:write', true],
    ['ads:read ads:write', true],
    [undefined, true],
  ])('with the scopes %s: is it well? %s', async (scope, ok) => {
    const { opened, close } = await withRefresh((request) =>
      request.path === '/v5/oauth/token'
        ? { json: { access_token: 'T', expires_in: 60, scope } }
        : { json: { items: [], bookmark: null } },
    )
    expect(await opened.check()).toMatchObject({ ok })
    await close()
  })
})

describe('customer lists at Pinterest', () => {
  /** An ad account with memory, that fails as told. */
  function adAccount(fault: (request: Recorded) => Reply | undefined = () => undefined) {
    const lists: object[] = []
    const audiences: object[] = []
    return (request: Recorded): Reply => {
      const all = request.path.endsWith('/audiences') ? audiences : lists
      const refused = fault(request)
      if (refused) return refused
      if (request.method === 'POST') {
        const made = { ...Object(request.body), id: String(700 + lists.length + audiences.length) }
        all.push(made)
        return { json: made }
      }
      const one = lists.find((list) => request.path.endsWith(`/${Object(list).id}`))
      return { json: one ?? { items: all, bookmark: null } }
    }
  }
  const wanted = aWantedList({ marker: 'm', identifiers: ['MAID'] })
  const changes = (requests: readonly Recorded[]) =>
    requests.filter(({ method }) => method !== 'GET').map(({ method, path, body }) => ({ method, path, body }))
  const posts = (requests: readonly Recorded[]) => requests.filter(({ method }) => method === 'POST')

  it('are made of the type that is mapped, each with its audience', async () => {
    const { opened, requests } = await open(adAccount())
    const made = await opened.createList(wanted)
    expect(made).toMatchObject({ id: '700', usable: true, accepts: ['MAID'], facts: { Audience: '701' } })
    expect(made.name).toMatch(/^VIP \(as-[0-9a-f]{8}\)$/)
    const records = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(changes(requests)).toEqual([
      { method: 'POST', path: `${HOME}/customer_lists`, body: { name: made.name, list_type: 'MAID', records } },
      { method: 'PATCH', path: `${HOME}/customer_lists/700`, body: { operation_type: 'REMOVE', records } },
      {
        method: 'POST',
        path: `${HOME}/audiences`,
        body: { name: made.name, audience_type: 'CUSTOMER_LIST', rule: { customer_list_id: '700' } },
      },
    ])
    // the record that a list needs to be made is taken out again
    expect(Object(requests.find(({ method }) => method === 'PATCH')?.body).records).toBe(
      Object(posts(requests)[0]?.body).records,
    )
    expect(await opened.findCreated(wanted)).toMatchObject({ id: '700', accepts: ['MAID'] })
    expect(await opened.createList(wanted)).toMatchObject({ id: '700' })
    expect(posts(requests)).toHaveLength(2)
  })

  it('are not taken for those of another sync, or of another type', async () => {
    const { opened } = await open(adAccount())
    await opened.createList(wanted)
    expect(await opened.findCreated({ ...wanted, marker: 'n' })).toBeUndefined()
    expect(await opened.findCreated({ ...wanted, identifiers: ['EMAIL'] })).toBeUndefined()
  })

  it('get the audience that an interrupted call did not come to, and no second list', async () => {
    let down = true
    const reply = adAccount(({ method, path }) =>
      down && method === 'POST' && path.endsWith('/audiences') ? error(503) : undefined,
    )
    const { opened, requests } = await open(reply)
    expect(await failureFrom(opened.createList(wanted))).toMatchObject({ kind: 'retry' })
    expect(await opened.findCreated(wanted)).toBeUndefined()
    down = false
    expect(await opened.createList(wanted)).toMatchObject({ id: '700', facts: { Audience: '701' } })
    expect(posts(requests).filter(({ path }) => path.endsWith('/customer_lists'))).toHaveLength(1)
  })

  it('say what is wrong when Pinterest makes no audience of them', async () => {
    const { opened } = await open(adAccount(({ path }) => (path.endsWith('/audiences') ? error(400, 1) : undefined)))
    // looking for the audience is refused first; making it, when nothing is found
    expect(await failureFrom(opened.createList(wanted))).toMatchObject({ kind: 'config' })
    const making = adAccount(({ method, path }) =>
      method === 'POST' && path.endsWith('/audiences') ? error(400, 1) : undefined,
    )
    const failure = await failureFrom((await open(making)).opened.createList(wanted))
    expect(failure).toMatchObject({ kind: 'config', code: '400/1' })
    expect(failure.message).toMatch(/has made the customer list/)
  })

  it.each([
    [error(400, 2741), '700'],
    [error(503), 'retry'],
  ])('with a record that cannot be taken out (%j) end as %s', async (refused, end) => {
    const { opened } = await open(adAccount(({ method }) => (method === 'PATCH' ? refused : undefined)))
    if (end === 'retry') expect(await failureFrom(opened.createList(wanted))).toMatchObject({ kind: end })
    else expect(await opened.createList(wanted)).toMatchObject({ id: end })
  })

  it.each([[['EMAIL', 'MAID']], [[]]])('are of one kind: not of %j', async (identifiers) => {
    const { opened, requests } = await open(adAccount())
    expect(await failureFrom(opened.createList({ ...wanted, identifiers }))).toMatchObject({ code: 'several-types' })
    expect(requests).toHaveLength(0)
  })

  it('are told with the audience that is made of them', async () => {
    const list = told({
      status: 'TOO_SMALL',
      num_uploaded_user_records: 12,
      created_time: 1_452_208_622,
      exceptions: { invalid_records: 1, 'jane@example.test': 3, message: 'CANARY' },
    })
    const audiences = [
      { id: '8', size: 9, rule: { customer_list_id: '1' } },
      { id: '9', size: 140, status: 'READY', rule: { customer_list_id: LIST } },
    ]
    const { opened } = await open(({ path }) => ({ json: path.endsWith('/audiences') ? { items: audiences } : list }))
    const { facts, ...rest } = await opened.readList(LIST)
    expect(rest).toEqual({ id: LIST, name: 'VIP', usable: true })
    expect(facts).toMatchObject({
      'People matched': 140,
      Audience: '9',
      'Status of the audience': 'READY',
      'Records sent, repeated ones too': 12,
      'Pinterest: invalid_records': 1,
      Made: '2016-01-07T23:17:02.000Z',
    })
    expect(facts.Status).toMatch(/too small/)
    expect(JSON.stringify(facts)).not.toMatch(/CANARY|jane/)
    const none = await open(({ path }) => ({ json: path.endsWith('/audiences') ? { items: [] } : list }))
    expect((await none.opened.readList(LIST)).facts.Audience).toMatch(/none/)
  })

  it('are gone when Pinterest does not find them', async () => {
    const { opened } = await open(error(404, 1001))
    expect(await failureFrom(opened.readList(LIST))).toMatchObject({ listGone: true })
  })

  it('are paged by bookmarks and searched', async () => {
    const all = ['One', 'Two', 'Twofold'].map((name, at) => told({ id: String(at + 1), name }))
    const { opened, requests } = await open(({ query }) => {
      const start = Number(query.bookmark ?? 0)
      const end = start + Math.min(2, Number(query.page_size))
      return { json: { items: all.slice(start, end), bookmark: end < all.length ? String(end) : null } }
    })
    const first = await opened.lists({ limit: 2 })
    expect(first.next).toBe('2')
    expect(requests[0]?.query).toEqual({ page_size: '2' })
    const second = await opened.lists({ limit: 2, after: '2' })
    expect(second.lists.map(({ name }) => name)).toEqual(['Twofold'])
    expect(second.next).toBeUndefined()
    expect((await opened.lists({ limit: 9, search: 'TWO' })).lists).toHaveLength(2)
  })
})

describe('a check at Pinterest', () => {
  it.each([
    [{ json: { items: [] } }, { ok: true, account: '549755885175' }],
    [error(401, 2), { ok: false, problems: [{ code: '401/2', whose: 'you' }] }],
    [error(403, 29), { ok: false, problems: [{ code: '403/29', next: expect.stringContaining('ads:write') }] }],
    [error(404), { ok: false, problems: [{ what: expect.stringContaining('does not find the ad account') }] }],
  ])('of %j', async (reply, verdict) => {
    expect(await (await open(reply)).opened.check()).toMatchObject(verdict)
  })

  it('does not take a passing trouble for a verdict', async () => {
    expect(await failureFrom((await open(error(503))).opened.check())).toMatchObject({ kind: 'retry' })
  })
})
