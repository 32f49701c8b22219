import { hash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchMembers } from '../../destinations/batch-members.ts'
import type { Batch, Settled } from '../../destinations/define.ts'
import { type ListPlatformId, listSideOf } from '../../destinations/index.ts'
import { compileMapping } from '../../destinations/mapping.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { aBatch, aReceipt, aWantedList, failureFrom, openAt } from './open.ts'

/** What a platform's people are mapped from, how long its answers take on its own clock, and its last word on a batch. */
const cases: Record<
  ListPlatformId,
  { mapping: Record<string, string>; advance: string; word: 'accepted' | 'confirmed' }
> = {
  google: { mapping: { email: 'email', phone: 'phone' }, advance: '2h', word: 'confirmed' },
  klaviyo: { mapping: { email: 'email', phone_number: 'phone' }, advance: '10m', word: 'confirmed' },
  linkedin: { mapping: { SHA256_EMAIL: 'email' }, advance: '3m', word: 'confirmed' },
  meta: { mapping: { EMAIL: 'email', PHONE: 'phone' }, advance: '2h', word: 'confirmed' },
  pinterest: { mapping: { EMAIL: 'email' }, advance: '2h', word: 'accepted' },
  tiktok: { mapping: { EMAIL_SHA256: 'email', PHONE_SHA256: 'phone' }, advance: '2h', word: 'accepted' },
}

let sandbox: Awaited<ReturnType<typeof startSandbox>>
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
})
afterAll(() => sandbox.close())

async function control(path: string, body?: object, method = 'POST'): Promise<Record<string, unknown>> {
  const answer = await fetch(`${sandbox.url}/_sandbox${path}`, {
    method: body === undefined ? 'GET' : method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer.json() as Promise<Record<string, unknown>>
}

const hasher = (value: string) => hash('sha256', value, 'hex')

describe.each(Object.entries(cases))('%s keeps the contract of its calls', (id, { mapping, advance, word }) => {
  const destination = listSideOf(id)
  let lastBatch = 0

  async function account() {
    const made = await control('/accounts', { platform: id })
    const { opened } = openAt(destination, `${sandbox.url}/${id}`, Object(made), { sandbox: true })
    const wanted = aWantedList({ marker: `audience-sync-${made.id}`, identifiers: Object.keys(mapping), settings: {} })
    const list = await opened.createList(wanted)
    await control('/clock', { platform: id, advance: '3m' })
    return { opened, wanted, list, accountId: String(made.id) }
  }

  /** People as the framework would send them: sealed values in the place of their hashes. */
  function batchOf(
    listId: string,
    people: readonly (readonly [email: string, phone: string | null])[],
    over: Partial<Batch> = {},
  ): Batch {
    const prepare = compileMapping({ identifiers: destination.identifiers, mapping, fields: ['email', 'phone'] })
    const rows = people.map((person) => prepare(person)).flatMap((row) => ('packed' in row ? [row] : []))
    const keys = rows.map((_, at) => `00000000-0000-4000-8000-00000000000${at}`)
    const packed = rows.map((row) => row.packed)
    const plainOf = (at: number) => rows[at]?.plain
    const { identifiers, members: lazy } = batchMembers(destination.identifiers, keys, packed, { plainOf })
    // plain objects, which the cases spread
    const members = lazy.map(({ key, values }) => ({ key, values }))
    return aBatch({ id: ++lastBatch, listId, identifiers, members, ...over })
  }

  async function settled(
    opened: Awaited<ReturnType<typeof account>>['opened'],
    batch: Batch,
    reference = '',
  ): Promise<Settled> {
    await control('/clock', { platform: id, advance })
    return opened.settle(
      aReceipt({
        listId: batch.listId,
        operation: batch.operation,
        reference,
        rows: batch.members.length,
        members: async () => batch,
      }),
    )
  }

  /** Sends a batch and follows it to the platform's last word; answers with the ids that it told. */
  async function deliver(opened: Awaited<ReturnType<typeof account>>['opened'], batch: Batch) {
    const receipt = await opened.upload(batch)
    if (receipt.state === 'confirmed' || receipt.final)
      return { word: receipt.state, rejected: receipt.rejected ?? new Map(), ids: new Map<string, string>() }
    const word = await settled(opened, batch, receipt.reference)
    if (word.state === 'pending') throw new Error('not final after so long')
    return { word: word.state, rejected: word.rejected ?? new Map(), ids: word.ids ?? new Map<string, string>() }
  }

  const held = async (listId: string) =>
    Object(await control(`/${id}/lists/${listId}`)).members as Record<string, unknown>[]
  const anna = ['anna@example.test', '+4930123456'] as const
  const ben = ['ben@example.test', null] as const
  const knows = (rows: Record<string, unknown>[], email: string) => {
    const text = JSON.stringify(rows)
    return text.includes(email) || text.includes(hasher(email))
  }

  it('is well when it is checked', async () => {
    const { opened } = await account()
    expect(await opened.check()).toMatchObject({ ok: true, problems: [] })
  })

  it('makes a list, finds it by its marker, among the lists and by itself', async () => {
    const { opened, wanted, list } = await account()
    expect(await opened.findCreated(wanted)).toMatchObject({ id: list.id })
    expect(await opened.findCreated({ ...wanted, marker: 'another' })).toBeUndefined()
    expect((await opened.lists({ limit: 20, search: 'vip' })).lists.map((one) => one.id)).toContain(list.id)
    expect(await opened.readList(list.id)).toMatchObject({ id: list.id, usable: true })
  })

  it('adds, repeats without effect, and removes', async () => {
    const { opened, list } = await account()
    const batch = batchOf(list.id, [anna, ben])
    const first = await deliver(opened, batch)
    expect(first.word).toBe(word)
    expect([...first.rejected]).toEqual([])
    await deliver(opened, { ...batch, repeated: true })
    const rows = await held(list.id)
    expect(rows).toHaveLength(2)
    expect(knows(rows, 'anna@example.test')).toBe(true)
    const members = batch.members.map((member) => ({ ...member, id: first.ids.get(member.key) }))
    await deliver(opened, { ...batch, id: ++lastBatch, operation: 'remove', members: members.slice(0, 1) })
    const left = await held(list.id)
    expect(left).toHaveLength(1)
    expect(knows(left, 'ben@example.test')).toBe(true)
    await deliver(opened, { ...batch, id: ++lastBatch, operation: 'remove', members })
    expect(await held(list.id)).toHaveLength(0)
  })

  it('tells throttling, faults and a dead token apart', async () => {
    const { opened, list } = await account()
    const batch = batchOf(list.id, [anna])
    const failureOf = async (fault: string) => {
      await control('/faults', { platform: id, fault, times: 1 })
      const failure = await failureFrom(opened.upload({ ...batch, id: ++lastBatch }))
      // whoever is throttled waits
      await control('/clock', { platform: id, advance: '10m' })
      return failure
    }
    expect(await failureOf('throttled')).toMatchObject({ kind: 'throttled' })
    expect((await failureOf('throttled')).retryAfterMs).toBeGreaterThan(0)
    expect(await failureOf('server_error')).toMatchObject({ kind: 'retry' })
    expect(await failureOf('html_error')).toMatchObject({ kind: 'retry' })
    expect(await failureOf('truncated')).toMatchObject({ kind: 'retry' })
    expect(await failureOf('drop_before')).toMatchObject({ kind: 'retry' })
    expect(await failureOf('permission')).toMatchObject({ kind: 'auth' })
    expect(await deliver(opened, { ...batch, id: ++lastBatch })).toBeDefined()
  })

  it('does nothing twice when an answer is lost', async () => {
    const { opened, list } = await account()
    const batch = batchOf(list.id, [anna, ben])
    await control('/faults', { platform: id, fault: 'drop_after', times: 1 })
    expect(await failureFrom(opened.upload(batch))).toMatchObject({ kind: 'retry' })
    expect([...(await deliver(opened, { ...batch, repeated: true })).rejected]).toEqual([])
    expect(await held(list.id)).toHaveLength(2)
  })

  it('says that a list is gone', async () => {
    const { opened, list } = await account()
    await control(`/${id}/lists/${list.id}/delete`, {})
    expect(await failureFrom(opened.readList(list.id))).toMatchObject({ listGone: true })
    const late = new Date(Date.now() - 3_600_000)
    expect(await failureFrom(opened.upload(batchOf(list.id, [anna], { since: late })))).toMatchObject({
      listGone: true,
    })
  })
})
