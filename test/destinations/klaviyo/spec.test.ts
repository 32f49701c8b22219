import { expect, it } from 'vitest'
import { batchMembers } from '../../../destinations/batch-members.ts'
import { identifiers } from '../../../destinations/klaviyo/identifiers.ts'
import { klaviyo } from '../../../destinations/klaviyo/index.ts'
import { compileMapping } from '../../../destinations/mapping.ts'
import { loadKlaviyoSpec } from '../../sandbox/support/klaviyo-spec.ts'
import { aBatch, aReceipt, aWantedList, recorded } from '../open.ts'
import type { Recorded, Reply } from '../recorder.ts'

const account = { settings: { account_id: 'AbC123' }, credentials: { api_key: 'pk_SECRET' } }
const LIST = 'XyZ123'
const fields = Object.keys(identifiers)
const rows = [
  ['ana@example.test', '+15550100001', 'u-1', 'Ana "A"', 'Díaz', 'Shop', 'Dr', 'en-US', 'Lima', 'CA', 'US', '94045'],
  [null, null, 'u-2', null, null, null, null, null, null, null, null, null],
]

/** People as the framework sends them, with every identifier that there is. */
function people() {
  const prepare = compileMapping({ identifiers, mapping: Object.fromEntries(fields.map((f) => [f, f])), fields })
  const prepared = rows.map((row) => prepare(row)).flatMap((row) => ('packed' in row ? [row] : []))
  return batchMembers(
    identifiers,
    prepared.map((_, at) => `k${at}`),
    prepared.map(({ packed }) => packed),
    { ids: ['P1', undefined], plainOf: (row) => prepared[row]?.plain },
  )
}

/** Klaviyo with two people and no list; a profile id that it does not know makes a removal go on in every way that there is. */
function answer({ method, path, query, text }: Recorded): Reply {
  const profile = (id: string, externalId: string) => ({ type: 'profile', id, attributes: { external_id: externalId } })
  const list = { data: { type: 'list', id: LIST, attributes: { name: 'VIP' } } }
  if (method === 'DELETE')
    return text.includes('"P1"') ? { status: 400, json: { errors: [{}] } } : { status: 204, text: '' }
  if (method === 'POST') return path === '/api/lists' ? { json: list } : { status: 202, json: { data: { id: 'j1' } } }
  if (path === `/api/lists/${LIST}`) return { json: list }
  if (path === '/api/accounts') return { json: { data: [{ id: 'AbC123', attributes: {} }] } }
  if (path.endsWith('/j1')) return { json: { data: { attributes: { status: 'complete' } } } }
  if (path.endsWith('/j1/profiles')) return { json: { data: [profile('P1', 'u-1')] } }
  if (query.filter?.startsWith('any(external_id'))
    return { json: { data: [profile('P2', 'u-2'), profile('P3', 'u-1')] } }
  return { json: { data: [] } }
}

it("makes no request that Klaviyo's own specification does not know", async () => {
  const { opened, requests } = await recorded(klaviyo, account, answer)
  const everybody = people()
  expect(everybody.identifiers.toSorted()).toEqual(fields.toSorted())
  const batch = aBatch({ listId: LIST, ...everybody })
  await opened.check()
  await opened.createList(aWantedList({ identifiers: fields }))
  await opened.findCreated(aWantedList({ identifiers: fields }))
  await opened.lists({ limit: 20, search: 'vip' })
  await opened.readList(LIST)
  await opened.upload(batch)
  await opened.settle(aReceipt({ listId: LIST, reference: 'j1', rows: 2, members: async () => everybody }))
  await opened.upload({ ...batch, operation: 'remove' })

  const spec = loadKlaviyoSpec()
  const made = requests.map(({ method, path, body }) => ({
    at: `${method} ${path}`,
    id: spec.operationOf(method, path),
    body,
  }))
  expect(made.filter(({ id }) => id === undefined)).toEqual([])
  expect(made.flatMap(({ id, body }) => spec.requestFaults(id ?? '', body))).toEqual([])
  expect([...new Set(made.map(({ id }) => id))].sort()).toEqual([
    'bulk_import_profiles',
    'create_list',
    'get_accounts',
    'get_bulk_import_profiles_job',
    'get_bulk_import_profiles_jobs',
    'get_errors_for_bulk_import_profiles_job',
    'get_list',
    'get_lists',
    'get_profiles',
    'get_profiles_for_bulk_import_profiles_job',
    'remove_profiles_from_list',
  ])
})
