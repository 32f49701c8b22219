import { describe, expect, it } from 'vitest'
import { klaviyo } from '../../../destinations/klaviyo/index.ts'
import { aBatch, aReceipt, aWantedList, failureFrom, recorded } from '../open.ts'
import type { Recorded, Reply } from '../recorder.ts'

const account = { settings: { account_id: 'AbC123' }, credentials: { api_key: 'pk_SECRET' } }
const LIST = 'XyZ123'
const open = (reply: Reply | ((request: Recorded) => Reply | undefined)) => recorded(klaviyo, account, reply)

const people = {
  identifiers: ['email', 'external_id', 'first_name', 'city'],
  members: [
    { key: 'a', values: ['a@example.test', 'u-1', 'Ana', 'Lima'] },
    { key: 'b', values: [undefined, 'u-2', undefined, undefined] },
  ],
}
const batch = aBatch({ listId: LIST, ...people })
const job = (attributes: object): Reply => ({
  json: { data: { type: 'profile-bulk-import-job', id: 'j1', attributes } },
})
const refusal = (status: number, errors: object[] = [], headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  json: { errors: errors.map((error) => ({ title: 'CANARY jane@example.test', detail: 'CANARY', ...error })) },
})
const profile = (id: string, attributes: object) => ({ type: 'profile', id, attributes })
const empty: Reply = { json: { data: [], links: { next: null } } }

describe('joins at Klaviyo', () => {
  it('are one import into the list, in plain text and with its revision', async () => {
    const { opened, requests, paced } = await open({ ...job({ status: 'queued' }), status: 202 })
    expect(await opened.upload(batch)).toEqual({ state: 'accepted', reference: 'j1', received: 2 })
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/api/profile-bulk-import-jobs' })
    expect(requests[0]?.headers).toMatchObject({
      authorization: 'Klaviyo-API-Key pk_SECRET',
      revision: '2026-07-15',
      'content-type': 'application/vnd.api+json',
    })
    expect(requests[0]?.body).toEqual({
      data: {
        type: 'profile-bulk-import-job',
        attributes: {
          profiles: {
            data: [
              {
                type: 'profile',
                attributes: {
                  email: 'a@example.test',
                  external_id: 'u-1',
                  first_name: 'Ana',
                  location: { city: 'Lima' },
                },
              },
              { type: 'profile', attributes: { external_id: 'u-2' } },
            ],
          },
        },
        relationships: { lists: { data: [{ type: 'list', id: LIST }] } },
      },
    })
    expect(paced).toEqual(['klaviyo:AbC123:import:second', 'klaviyo:AbC123:import:minute'])
  })

  it('larger than Klaviyo takes are halved before they are sent', async () => {
    const { opened, requests } = await open(job({}))
    const members = Array.from({ length: 2_000 }, (_, at) => ({ key: String(at), values: ['x'.repeat(3_000)] }))
    const failure = await failureFrom(opened.upload({ ...batch, identifiers: ['first_name'], members }))
    expect(failure).toMatchObject({ kind: 'config', rowsSuspect: true })
    expect(requests).toHaveLength(0)
  })

  it('refused for one profile name the member', async () => {
    const pointer = '/data/attributes/profiles/data/1/attributes/email'
    const { opened } = await open(refusal(400, [{ code: 'invalid', source: { pointer } }]))
    const failure = await failureFrom(opened.upload(batch))
    expect([...failure.members]).toEqual([['b', 'Klaviyo refused the email (invalid)']])
    expect(failure.message).not.toMatch(/CANARY|@/)
  })

  it.each([
    [refusal(400), { kind: 'config', rowsSuspect: true }],
    [refusal(401), { kind: 'auth' }],
    [refusal(403, [{ code: 'permission_denied' }]), { kind: 'auth' }],
    [{ status: 403, headers: { 'cf-mitigated': 'challenge' }, text: '<html>Just a moment</html>' }, { kind: 'retry' }],
    [refusal(404), { kind: 'config', listGone: true, listDeleted: false }],
    [refusal(405), { kind: 'config' }],
    [refusal(409), { kind: 'retry' }],
    [refusal(410), { kind: 'config' }],
    [refusal(413), { kind: 'config', rowsSuspect: true }],
    [refusal(415), { kind: 'config' }],
    [refusal(429, [{ code: 'throttled' }], { 'retry-after': '7' }), { kind: 'throttled', retryAfterMs: 7_000 }],
    [refusal(429), { kind: 'throttled', retryAfterMs: 60_000 }],
    [refusal(500), { kind: 'retry' }],
    [refusal(502), { kind: 'retry' }],
    [refusal(503), { kind: 'retry' }],
    [refusal(524), { kind: 'retry' }],
    [{ status: 200, text: '<html>Hello</html>' }, { kind: 'retry' }],
    [{ status: 202, text: '{"data":{"id":' }, { kind: 'retry' }],
  ] as const)('answered with %j fail as %j', async (reply, expected) => {
    const { opened } = await open(reply)
    expect(await failureFrom(opened.upload(batch))).toMatchObject(expected)
  })
})

describe('an import at Klaviyo', () => {
  const settle = async (answers: Record<string, Reply | ((request: Recorded) => Reply)>) => {
    const { opened, requests } = await open((request) => {
      const answer = answers[request.path.replace('/api/', '').replace('profile-bulk-import-jobs/j1', 'job')]
      return typeof answer === 'function' ? answer(request) : answer
    })
    const settled = await opened.settle(
      aReceipt({ listId: LIST, reference: 'j1', rows: 2, members: async () => people }),
    )
    return { settled, requests }
  }

  it.each(['queued', 'processing'])('that is %s is asked for again', async (status) => {
    const { settled } = await settle({ job: job({ status }) })
    expect(settled).toMatchObject({ state: 'pending' })
  })

  it('that was cancelled is sent again', async () => {
    expect((await settle({ job: job({ status: 'cancelled' }) })).settled).toEqual({ state: 'unconfirmed' })
  })

  it('is confirmed with the id of every profile, page by page', async () => {
    const { settled } = await settle({
      job: job({ status: 'complete', total_count: 2, failed_count: 0 }),
      'job/import-errors': empty,
      'job/profiles': ({ query }) => ({
        json: query['page[cursor]']
          ? { data: [profile('P2', { external_id: 'u-2' })], links: { next: null } }
          : {
              data: [profile('P1', { email: 'A@example.test' })],
              links: { next: 'https://elsewhere.example.test/x?page%5Bcursor%5D=c2' },
            },
      }),
    })
    expect(settled).toMatchObject({ state: 'confirmed', received: 2, refused: 0 })
    expect('ids' in settled && [...(settled.ids ?? [])]).toEqual([
      ['a', 'P1'],
      ['b', 'P2'],
    ])
  })

  it('tells its errors by the member, and confirms nobody without an id', async () => {
    const { settled } = await settle({
      job: job({ status: 'complete', failed_count: 1 }),
      'job/import-errors': {
        json: {
          data: [
            {
              type: 'import-error',
              id: 'e',
              attributes: {
                code: 'invalid',
                title: 'CANARY',
                detail: 'CANARY a@example.test',
                source: { pointer: '/data/attributes/email' },
                original_payload: { email: 'a@example.test', external_id: 'u-1' },
              },
            },
          ],
        },
      },
      'job/profiles': empty,
      profiles: empty,
    })
    expect(settled).toMatchObject({ state: 'confirmed', refused: 2 })
    expect('rejected' in settled && [...(settled.rejected ?? [])]).toEqual([
      ['a', 'Klaviyo refused the email (invalid)'],
      ['b', 'Klaviyo finished the import and has no profile for this person'],
    ])
  })

  it('whose results have expired is found by its profiles, or sent again', async () => {
    const found = await settle({
      job: refusal(404),
      profiles: ({ query }) => ({
        json: {
          data: query.filter?.includes('external_id')
            ? [profile('P1', { external_id: 'u-1' }), profile('P2', { external_id: 'u-2' })]
            : [],
        },
      }),
    })
    expect(found.settled).toMatchObject({ state: 'confirmed', refused: 0 })
    expect((await settle({ job: refusal(404), profiles: empty })).settled).toEqual({ state: 'unconfirmed' })
  })
})

describe('leaves at Klaviyo', () => {
  const leaving = (...ids: (string | undefined)[]) => ({
    ...batch,
    operation: 'remove' as const,
    members: ids.map((id, at) => ({
      key: `k${at}`,
      values: [`${at}@example.test`, `u-${at}`, undefined, undefined],
      id,
    })),
  })
  const idsIn = ({ body }: Recorded) => Object(body).data.map(({ id }: { id: string }) => id)

  it('go by the ids of profiles, at once', async () => {
    const { opened, requests } = await open({ status: 204, text: '' })
    expect(await opened.upload(leaving('P0', 'P1'))).toMatchObject({ state: 'confirmed', received: 2, refused: 0 })
    expect(requests[0]).toMatchObject({ method: 'DELETE', path: `/api/lists/${LIST}/relationships/profiles` })
    expect(requests.map(idsIn)).toEqual([['P0', 'P1']])
  })

  it('are looked up where no id is known; where there is no profile there is nobody to remove', async () => {
    const { opened, requests } = await open(({ method, query }) => {
      if (method === 'DELETE') return { status: 204, text: '' }
      return { json: { data: query.filter?.includes('external_id') ? [profile('P1', { external_id: 'u-1' })] : [] } }
    })
    expect(await opened.upload(leaving('P0', undefined, undefined))).toMatchObject({ state: 'confirmed', refused: 0 })
    expect(requests.filter(({ method }) => method === 'DELETE').map(idsIn)).toEqual([['P0', 'P1']])
  })

  it.each([
    ['names them', 'Invalid profile IDs: P1'],
    ['does not', 'CANARY'],
  ])('split off ids that Klaviyo does not know and resolve them again, where it %s', async (_, detail) => {
    const { opened, requests } = await open((request) => {
      const { method, query } = request
      if (method === 'DELETE')
        return idsIn(request).includes('P1') ? refusal(400, [{ code: 'invalid', detail }]) : { status: 204, text: '' }
      if (query.filter?.startsWith('any(id')) return { json: { data: [profile('P0', {})] } }
      return { json: { data: query.filter?.includes('u-1') ? [profile('M1', { external_id: 'u-1' })] : [] } }
    })
    expect(await opened.upload(leaving('P0', 'P1'))).toMatchObject({ state: 'confirmed', refused: 0 })
    expect(requests.filter(({ method }) => method === 'DELETE').map(idsIn)).toEqual([['P0', 'P1'], ['P0'], ['M1']])
  })
})

describe('lists at Klaviyo', () => {
  const list = (id: string, name: string) => ({
    type: 'list',
    id,
    attributes: { name, opt_in_process: 'double_opt_in', profile_count: 12 },
  })

  it('are made under a name that finds them again', async () => {
    let made = ''
    const { opened, requests } = await open(({ method, body }) => {
      if (method === 'GET') return { json: { data: made ? [list(LIST, made)] : [] } }
      made = Object(body).data.attributes.name
      return { status: 201, json: { data: list(LIST, made) } }
    })
    const wanted = aWantedList()
    expect(await opened.findCreated(wanted)).toBeUndefined()
    expect(await opened.createList(wanted)).toMatchObject({ id: LIST })
    expect(await opened.findCreated(wanted)).toMatchObject({ id: LIST })
    expect(requests.at(-1)?.query.filter).toBe(`equals(name,"${made}")`)
  })

  it('are paged by their cursor, searched, and told with their size', async () => {
    const { opened } = await open(({ path, query }) => {
      if (path.endsWith(LIST)) return { json: { data: list(LIST, 'VIP') } }
      return {
        json: query['page[cursor]']
          ? { data: [list('L3', 'Twofold')], links: { next: null } }
          : {
              data: [list('L1', 'One'), list('L2', 'Two')],
              links: { next: 'https://a.klaviyo.com/api/lists?page%5Bcursor%5D=c' },
            },
      }
    })
    expect((await opened.lists({ limit: 10 })).next).toBe('c')
    expect((await opened.lists({ limit: 10, search: 'two' })).lists.map(({ id }) => id)).toEqual(['L2', 'L3'])
    expect(await opened.readList(LIST)).toMatchObject({ id: LIST, facts: { Profiles: 12 } })
    expect(await failureFrom(opened.readList('../accounts'))).toMatchObject({ kind: 'config' })
  })

  it.each([
    [refusal(404), { listGone: true, listDeleted: true }],
    [
      { status: 404, text: '<html>Not here</html>' },
      { listGone: true, listDeleted: false },
    ],
    [refusal(403), { kind: 'auth', listGone: false, listDeleted: false }],
  ] as const)(
    'that answer %j are told as %j: only Klaviyo itself can say that one was deleted',
    async (reply, expected) => {
      const { opened } = await open(reply)
      expect(await failureFrom(opened.readList(LIST))).toMatchObject(expected)
    },
  )
})

describe('the check of Klaviyo', () => {
  it('names the account, and each scope that is missing', async () => {
    const accounts = { data: [{ id: 'AbC123', attributes: { contact_information: { organization_name: 'Shop' } } }] }
    const well = await open(({ path }) => ({ json: path === '/api/accounts' ? accounts : { data: [] } }))
    expect(await well.opened.check()).toEqual({ ok: true, account: 'Shop (AbC123)', problems: [] })
    const lacking = await open(({ path }) => {
      if (path === '/api/lists') return refusal(403, [{ code: 'permission_denied' }])
      return { json: path === '/api/accounts' ? accounts : { data: [] } }
    })
    expect((await lacking.opened.check()).problems.map(({ what }) => what)).toEqual([
      'The API key lacks the scope lists:read.',
    ])
    const dead = await open(refusal(401))
    expect((await dead.opened.check()).problems).toHaveLength(1)
  })
})
