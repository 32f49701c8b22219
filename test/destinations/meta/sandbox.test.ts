import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Batch } from '../../../destinations/define.ts'
import { meta } from '../../../destinations/meta/index.ts'
import { startSandbox } from '../../../sandbox/server.ts'
import { failureFrom, openMeta, unread, wantedList } from './connected.ts'

let sandbox: Awaited<ReturnType<typeof startSandbox>>
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
})
afterAll(() => sandbox.close())

const accountReply = z.object({
  id: z.string(),
  settings: z.record(z.string(), z.unknown()),
  credentials: z.record(z.string(), z.unknown()),
})
const listReply = z.object({ count: z.number(), members: z.array(z.record(z.string(), z.unknown())) })

async function control(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${sandbox.url}/_sandbox${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response.json()
}

/** A fresh account with an empty list; the API is opened with what the sandbox hands out, as it is. */
async function freshAccount({ timeoutMs = 5_000 } = {}) {
  const { id, ...account } = accountReply.parse(await control('POST', '/accounts', { platform: 'meta' }))
  const { opened, usages } = openMeta(`${sandbox.url}/meta`, { account, timeoutMs })
  const list = await opened.createList(wantedList({ name: 'VIP buyers', marker: `as-${id}` }))
  return {
    opened,
    usages,
    list,
    change: (what: object) => control('PATCH', `/accounts/${id}`, what),
    held: async () => listReply.parse(await control('GET', `/meta/lists/${list.id}`)).members,
    marker: `as-${id}`,
  }
}

const fault = (what: object) => control('POST', '/faults', { platform: 'meta', times: 1, ...what })

const hash = (letter: string) => letter.repeat(64)

let lastBatch = 0
const batchFor = (listId: string, over: Partial<Batch> = {}): Batch => ({
  id: ++lastBatch,
  operation: 'add',
  listId,
  identifiers: ['EXTERN_ID', 'EMAIL', 'DATA_PROCESSING_OPTIONS'],
  settings: {},
  since: new Date(),
  members: [
    { key: 'k1', values: ['u1', hash('a'), 'LDU'] },
    { key: 'k2', values: ['u2', hash('b'), undefined] },
    { key: 'k3', values: ['u3', undefined, undefined] },
  ],
  repeated: false,
  ...over,
})

describe('against the sandbox', () => {
  it('a list is made, found by name and by marker, and read', async () => {
    const { opened, list, marker } = await freshAccount()
    expect((await opened.lists({ limit: 20, search: 'vip' })).lists).toMatchObject([{ id: list.id, usable: true }])
    expect((await opened.lists({ limit: 20, search: 'nobody' })).lists).toEqual([])
    expect(await opened.findCreated(wantedList({ name: 'VIP buyers', marker }))).toMatchObject({ id: list.id })
    expect(await opened.readList(list.id)).toMatchObject({ name: 'VIP buyers', usable: true })
  })

  it('more lists than a page holds are all reached by the cursor', async () => {
    const { opened } = await freshAccount()
    for (let at = 0; at < 24; at++) await opened.createList(wantedList({ name: `List ${at}`, marker: `page-${at}` }))
    const names = new Set<string>()
    let after: string | undefined
    do {
      const page = await opened.lists({ limit: 100, ...(after !== undefined && { after }) })
      expect(page.lists.length).toBeLessThanOrEqual(20)
      for (const { name } of page.lists) names.add(name)
      after = page.next
    } while (after !== undefined)
    expect(names.size).toBe(25)
    expect(await opened.findCreated(wantedList({ name: '', marker: 'page-0' }))).toMatchObject({ name: 'List 0' })
    expect(await opened.findCreated(wantedList({ name: '', marker: 'page-23' }))).toMatchObject({ name: 'List 23' })
  })

  it('members are added, settled by the session, and removed by what was added', async () => {
    const { opened, list, held, usages } = await freshAccount()
    const added = batchFor(list.id)
    const receipt = await opened.upload(added)
    expect(receipt).toMatchObject({ state: 'accepted', received: 3, refused: 0 })
    expect((await held()).map((member) => member.EXTERN_ID).sort()).toEqual(['u1', 'u2', 'u3'])
    expect(usages.length).toBeGreaterThan(0)

    const open = {
      listId: list.id,
      operation: 'add',
      reference: receipt.reference ?? '',
      rows: 3,
      sentAt: new Date(),
      ...unread,
    } as const
    expect(await opened.settle({ ...open, reference: '12345' })).toMatchObject({ state: 'pending' })
    await control('POST', '/clock', { platform: 'meta', advance: '1d' })
    expect(await opened.settle(open)).toMatchObject({ state: 'confirmed', received: 3, refused: 0 })

    await opened.upload(batchFor(list.id, { operation: 'remove', members: added.members.slice(0, 2) }))
    expect((await held()).map((member) => member.EXTERN_ID)).toEqual(['u3'])
  })

  it('entries that are no hashes are counted and cost their neighbours nothing', async () => {
    const { opened, list, held } = await freshAccount()
    const members = [
      { key: 'k1', values: [hash('a')] },
      { key: 'k2', values: ['not a hash'] },
    ]
    const receipt = await opened.upload(batchFor(list.id, { identifiers: ['EMAIL'], members }))
    expect(receipt).toMatchObject({ received: 2, refused: 1 })
    expect(await held()).toEqual([{ EMAIL: hash('a') }])
  })

  it('ten thousand members arrive in one request', async () => {
    const { opened, list } = await freshAccount()
    const members = Array.from({ length: meta.limits.rowsPerRequest }, (_, at) => ({
      key: `k${at}`,
      values: [`u${at}`, at.toString(16).padStart(64, '0'), undefined],
    }))
    expect(await opened.upload(batchFor(list.id, { members }))).toMatchObject({ received: 10_000, refused: 0 })
    expect(await control('GET', `/meta/lists/${list.id}`)).toMatchObject({ count: 10_000 })
  })

  it.each(['drop_before', 'drop_after', 'server_error', 'html_error', 'timeout'])(
    'a repeat after %s brings every member across once, and settles',
    async (name) => {
      const { opened, list, held } = await freshAccount({ timeoutMs: 1_000 })
      const batch = batchFor(list.id)
      await fault({ fault: name, match: { operation: 'add_users' } })
      expect((await failureFrom(opened.upload(batch))).kind).toBe('retry')
      const { reference = '' } = await opened.upload({ ...batch, repeated: true })
      expect(await held()).toHaveLength(3)
      await control('POST', '/clock', { platform: 'meta', advance: '1d' })
      const open = { listId: list.id, operation: 'add', reference, rows: 3, sentAt: new Date(), ...unread } as const
      expect(await opened.settle(open)).toMatchObject({ state: 'confirmed', received: 3, refused: 0 })
    },
  )

  it.each([
    ['throttled', { kind: 'throttled', code: '80003' }],
    ['expired_token', { kind: 'auth', code: '190/463' }],
    ['permission', { kind: 'auth', code: '294' }],
    ['bad_request', { kind: 'config', rowsSuspect: true }],
    ['list_deleted', { kind: 'config', listGone: true }],
    ['list_flagged', { kind: 'config', rowsSuspect: false, listGone: false }],
  ])('the fault %s is understood', async (name, expected) => {
    const { opened, list } = await freshAccount()
    await fault({ fault: name, match: { operation: 'add_users' } })
    expect(await failureFrom(opened.upload(batchFor(list.id)))).toMatchObject(expected)
  })

  it('throttling says how long, in milliseconds, and reports the quota as full', async () => {
    const { opened, list, usages } = await freshAccount()
    await fault({ fault: 'throttled', match: { operation: 'add_users' } })
    const failure = await failureFrom(opened.upload(batchFor(list.id)))
    const usage = usages.at(-1)
    expect(usage?.key).toBe(opened.quotas.calls?.key)
    expect(usage?.percent).toBeGreaterThanOrEqual(100)
    expect(failure.retryAfterMs).toBe(usage?.regainAfterMs)
    expect(failure.retryAfterMs).toBeGreaterThanOrEqual(60_000)
  })

  it('rows that Meta counts as invalid are in the receipt and in the settled counts', async () => {
    const { opened, list } = await freshAccount()
    await fault({ fault: 'reject_rows', count: 2 })
    const { reference = '', refused } = await opened.upload(batchFor(list.id))
    expect(refused).toBe(2)
    await control('POST', '/clock', { platform: 'meta', advance: '1d' })
    const open = { listId: list.id, operation: 'add', reference, rows: 3, sentAt: new Date(), ...unread } as const
    expect(await opened.settle(open)).toMatchObject({ state: 'confirmed', refused: 2 })
  })

  it('a list that was flagged or deleted by hand says so', async () => {
    const { opened, list } = await freshAccount()
    await control('POST', `/meta/lists/${list.id}/flag`)
    expect(await opened.readList(list.id)).toMatchObject({ usable: false, problem: expect.stringContaining('flagged') })
    await control('POST', `/meta/lists/${list.id}/unflag`)
    expect(await opened.readList(list.id)).toMatchObject({ usable: true })
    await control('POST', `/meta/lists/${list.id}/delete`)
    expect(await failureFrom(opened.readList(list.id))).toMatchObject({ listGone: true })
    expect(await failureFrom(opened.upload(batchFor(list.id)))).toMatchObject({ listGone: true })
  })

  it('a check tells a good account from a bad one', async () => {
    const { opened, change } = await freshAccount()
    expect(await opened.check()).toMatchObject({ ok: true, problems: [] })
    await change({ proof_required: true })
    expect(await opened.check()).toMatchObject({ ok: true })
    await change({ permissions: [] })
    const denied = await opened.check()
    expect(denied.ok).toBe(false)
    expect(denied.problems[0]?.next).toMatch(/ads_management/)
    await change({ token_expired: true })
    expect(await opened.check()).toMatchObject({ ok: false, problems: [{ code: '190/463' }] })
  })

  it('terms that were not accepted stop an upload with what to do', async () => {
    const { opened, list, change } = await freshAccount()
    await change({ terms_accepted: false })
    expect(await failureFrom(opened.upload(batchFor(list.id)))).toMatchObject({ kind: 'auth', code: '200/1870090' })
    await change({ terms_accepted: true, business_linked: false })
    expect(await failureFrom(opened.upload(batchFor(list.id)))).toMatchObject({ kind: 'auth', code: '200/1870050' })
  })

  it('an app that requires the proof gets it', async () => {
    const { opened, list, change, held } = await freshAccount()
    await change({ proof_required: true })
    await opened.upload(batchFor(list.id))
    expect(await held()).toHaveLength(3)
  })
})
