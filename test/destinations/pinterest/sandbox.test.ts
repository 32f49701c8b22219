import { hash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Batch } from '../../../destinations/define.ts'
import { pinterest } from '../../../destinations/pinterest/index.ts'
import { startSandbox } from '../../../sandbox/server.ts'
import { aBatch, aReceipt, aWantedList, openAt } from '../open.ts'

let sandbox: Awaited<ReturnType<typeof startSandbox>>
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
})
afterAll(() => sandbox.close())

async function control(path: string, body: object, method = 'POST') {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${sandbox.url}/_sandbox${path}`, { method, headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return Object(await answer.json())
}
const pass = (advance: string) => control('/clock', { platform: 'pinterest', advance })

async function anAccount() {
  const made = await control('/accounts', { platform: 'pinterest' })
  const { opened } = openAt(pinterest, `${sandbox.url}/pinterest`, made, { sandbox: true })
  const wanted = aWantedList({ marker: `audience-sync-${made.id}`, identifiers: ['EMAIL'] })
  return { id: made.id, opened, wanted, list: await opened.createList(wanted) }
}

const people = (listId: string, from: number, to: number): Batch =>
  aBatch({
    listId,
    identifiers: ['EMAIL'],
    members: Array.from({ length: to - from }, (_, at) => ({
      key: `k${from + at}`,
      values: [hash('sha256', `p${from + at}@example.test`)],
    })),
  })

it('follows a list from too small to ready, and tells how many people were matched', async () => {
  const { opened, list } = await anAccount()
  const few = people(list.id, 0, 3)
  const receipt = aReceipt({ listId: list.id, rows: 3, reference: (await opened.upload(few)).reference ?? '' })
  expect(await opened.settle(receipt)).toMatchObject({ state: 'pending' })
  await pass('10m')
  const word = await opened.settle(receipt)
  expect(word).toMatchObject({ state: 'accepted', refused: 0 })
  expect(JSON.stringify(word)).toMatch(/too small/)
  await opened.upload(people(list.id, 3, 150))
  await pass('10m')
  expect(await opened.settle(receipt)).toMatchObject({ notes: { 'Status of the list': 'ready' } })
  expect((await opened.readList(list.id)).facts).toMatchObject({ 'People matched': 150, Status: 'ready' })
})

it('counts records that Pinterest refuses later once, by the batch that nothing came after', async () => {
  const { opened, list } = await anAccount()
  await control('/faults', { platform: 'pinterest', fault: 'reject_rows', count: 2, times: 2 })
  const receipts = []
  for (const batch of [people(list.id, 0, 10), people(list.id, 10, 20)]) {
    const { reference = '' } = await opened.upload(batch)
    receipts.push(aReceipt({ listId: list.id, rows: 10, reference }))
  }
  await pass('10m')
  const words = []
  for (const receipt of receipts) words.push(Object(await opened.settle(receipt)))
  expect(words.map(({ state }) => state)).toEqual(['accepted', 'accepted'])
  const [first, second] = words
  expect(first).not.toHaveProperty('refused')
  expect(second.refused).toBeGreaterThan(0)
  expect(second.notes['Pinterest: invalid_records, in the whole list']).toBe(second.refused)
})

it('makes a list once, though the answer to any of its calls was lost', async () => {
  const made = await control('/accounts', { platform: 'pinterest' })
  const { opened } = openAt(pinterest, `${sandbox.url}/pinterest`, made, { sandbox: true })
  const wanted = aWantedList({ name: 'Once', marker: `audience-sync-${made.id}`, identifiers: ['MAID'] })
  for (const operation of ['create_list', 'update_list', 'create_audience']) {
    await control('/faults', { platform: 'pinterest', fault: 'drop_after', times: 1, match: { operation } })
    await expect(opened.createList(wanted)).rejects.toMatchObject({ kind: 'retry' })
  }
  const found = await opened.findCreated(wanted)
  expect(found).toMatchObject({ accepts: ['MAID'] })
  expect((await opened.lists({ limit: 20, search: 'once' })).lists.map(({ id }) => id)).toEqual([found?.id])
  expect(await opened.createList(wanted)).toMatchObject({ id: found?.id, facts: found?.facts })
})

it('says which permission is missing', async () => {
  const { id, opened } = await anAccount()
  await control(`/accounts/${id}`, { scopes: ['ads:read'] }, 'PATCH')
  expect(await opened.check()).toMatchObject({ ok: false, problems: [{ next: expect.stringContaining('ads:write') }] })
  await control(`/accounts/${id}`, { scopes: [] }, 'PATCH')
  expect(await opened.check()).toMatchObject({ ok: false })
  await control(`/accounts/${id}`, { scopes: ['ads:read', 'ads:write'] }, 'PATCH')
  expect(await opened.check()).toMatchObject({ ok: true })
  await control(`/accounts/${id}`, { token_expired: true }, 'PATCH')
  expect(await opened.check()).toMatchObject({ ok: true })
  await control(`/accounts/${id}`, { refresh_token_expired: true }, 'PATCH')
  expect(await opened.check()).toMatchObject({ ok: false, problems: [{ whose: 'you' }] })
})
