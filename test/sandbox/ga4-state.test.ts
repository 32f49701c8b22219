import { expect, it } from 'vitest'
import type { Ga4Account } from './support/ga4.ts'
import { client, collect, ga4State, membership, newGa4Account } from './support/ga4.ts'
import { send, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

const tell = (account: Ga4Account, number: number, user_properties: object, ...events: object[]) =>
  collect(sandbox, account, { client_id: client(number), user_properties, events })
const ids = (...numbers: number[]) => numbers.map((number) => ({ client_id: client(number) }))

it('goes by the latest value of the user property that comes with the events', async () => {
  const account = await newGa4Account(sandbox)
  await tell(account, 1, { seg_vip: { value: 'in' } }, membership('added'))
  await tell(account, 2, { seg_vip: { value: 'in' } }, membership('added'))
  await tell(account, 3, { seg_vip: { value: 'in' }, seg_other: { value: 'in' } }, membership('added'))
  await tell(account, 1, { seg_vip: { value: 'out' } }, membership('removed'))
  // Another audience's event brings the state of this one too.
  await tell(account, 2, { seg_vip: { value: 'out' } }, membership('added', { segment_id: 'other' }))
  expect(await ga4State(sandbox, account)).toEqual(ids(3))
  await tell(account, 1, { seg_vip: { value: 'in' } }, membership('added'))
  expect(await ga4State(sandbox, account)).toEqual(ids(1, 3))
})

it('knows the property by a parameter that names it, and its values by what they came with', async () => {
  const account = await newGa4Account(sandbox)
  const both = { slot_1: { value: 'gold' }, slot_2: { value: 'gold' } }
  const named = { user_property: 'slot_1' }
  await tell(account, 1, both, membership('added', named))
  await tell(account, 2, both, membership('added', named))
  await tell(account, 2, { slot_1: { value: 'none' } }, membership('removed', named))
  expect(await ga4State(sandbox, account)).toEqual(ids(1))
})

it('is not changed by a late repeat of an older request', async () => {
  const account = await newGa4Account(sandbox)
  const at = (action: 'added' | 'removed', value: string, timestamp_micros: number) =>
    collect(sandbox, account, {
      client_id: client(1),
      timestamp_micros,
      user_properties: { seg_vip: { value } },
      events: [membership(action)],
    })
  const now = Date.now() * 1_000
  await at('added', 'in', now - 2_000_000)
  await at('removed', 'out', now - 1_000_000)
  await at('added', 'in', now - 2_000_000)
  expect(await ga4State(sandbox, account)).toEqual([])
})

it('goes by the events where there is no property', async () => {
  const account = await newGa4Account(sandbox)
  await tell(account, 1, {}, membership('added'))
  await tell(account, 2, {}, membership('added'))
  await tell(account, 1, {}, membership('removed', { occurred_at: '2026-07-20T11:00:00Z' }))
  expect(await ga4State(sandbox, account)).toEqual(ids(2))
})

const path = ({ propertyId }: Ga4Account) => `${sandbox.url}/ga4/v1alpha/properties/${propertyId}/audiences`
const call = (account: Ga4Account, method: string, body?: unknown, more = '') =>
  send(`${path(account)}${more}`, method, { authorization: `Bearer ${account.token}` }, body)

const filter = (more: object = {}) => ({
  fieldName: 'customUser:seg_vip',
  stringFilter: { matchType: 'EXACT', value: 'in' },
  ...more,
})
const clause = (leaf: object, clauseType = 'INCLUDE', more: object = {}) => ({
  clauseType,
  simpleFilter: {
    scope: 'AUDIENCE_FILTER_SCOPE_ACROSS_ALL_SESSIONS',
    filterExpression: { andGroup: { filterExpressions: [{ orGroup: { filterExpressions: [leaf] } }] } },
    ...more,
  },
})
const audience = (more: object = {}) => ({
  displayName: 'VIP',
  description: 'VIP buyers',
  membershipDurationDays: 540,
  filterClauses: [clause({ dimensionOrMetricFilter: filter() })],
  ...more,
})

it('makes audiences on a user property, lists them, and knows who they take in', async () => {
  const account = await newGa4Account(sandbox)
  expect((await call(account, 'GET')).body).toEqual({})
  const made = await call(account, 'POST', audience({ name: 'passed over' }))
  expect(made).toMatchObject({ status: 200, body: { ...audience(), adsPersonalizationEnabled: true } })
  expect(made.body.name).toMatch(new RegExp(`^properties/${account.propertyId}/audiences/\\d+$`))
  await call(account, 'POST', audience({ displayName: 'Other' }))
  const { audiences, nextPageToken } = (await call(account, 'GET', undefined, '?pageSize=1')).body
  expect(audiences).toEqual([made.body])
  const second = (await call(account, 'GET', undefined, `?pageSize=1&pageToken=${nextPageToken}`)).body
  expect(second).toMatchObject({ audiences: [{ displayName: 'Other' }] })
  expect(second.nextPageToken).toBeUndefined()

  await tell(account, 1, { seg_vip: { value: 'in' } }, membership('added'))
  await tell(account, 2, { seg_vip: { value: 'in' } }, membership('added'))
  await tell(account, 2, { seg_vip: { value: 'out' } }, membership('removed'))
  const id = made.body.name.split('/').at(-1)
  const held = async (list: string) => (await sandbox.control('GET', `/ga4/lists/${list}`)).body
  expect(await held(id)).toEqual({ id, name: 'VIP', count: 1, members: ids(1), next: null })

  // The rule by events never forgets: who once left stays out.
  const byEvents = [clause({ eventFilter: { eventName: 'added_to_segment' } })]
  const excluding = [...byEvents, clause({ eventFilter: { eventName: 'removed_from_segment' } }, 'EXCLUDE')]
  const trap = (await call(account, 'POST', audience({ filterClauses: excluding }))).body.name.split('/').at(-1)
  await tell(account, 2, { seg_vip: { value: 'in' } }, membership('added'))
  expect((await held(trap)).members).toEqual(ids(1))
  expect((await held(id)).members).toEqual(ids(1, 2))

  await sandbox.control('POST', `/ga4/lists/${id}/delete`)
  expect((await call(account, 'GET', undefined, `/${id}`)).status).toBe(404)
})

const nested = { andGroup: { filterExpressions: [{ dimensionOrMetricFilter: filter() }] } }
const scope = 'AUDIENCE_FILTER_SCOPE_WITHIN_SAME_EVENT'

const within = (leaf: object, more: object = {}) => ({ filterClauses: [clause(leaf, 'INCLUDE', more)] })
const condition = (more: object) => ({ dimensionOrMetricFilter: filter(more) })

it.each([
  ['no display name', { displayName: undefined }, 'displayName'],
  ['no description', { description: undefined }, 'description'],
  ['541 days', { membershipDurationDays: 541 }, 'membershipDurationDays'],
  ['no days', { membershipDurationDays: undefined }, 'membershipDurationDays'],
  ['no clauses', { filterClauses: [] }, 'filterClauses'],
  ['an unknown key', { retention: 30 }, 'retention'],
  ['a clause of no type', { filterClauses: [{ ...clause(condition({})), clauseType: 'ALL' }] }, 'clauseType'],
  ['a filter that is no AND of ORs', within({}, { filterExpression: nested }), 'andGroup'],
  ['a condition without a filter', within(condition({ stringFilter: undefined })), 'exactly one of stringFilter'],
  ['two filters', within(condition({ inListFilter: { values: ['in'] } })), 'exactly one of stringFilter'],
  ['any point in time within one event', within(condition({ atAnyPointInTime: true }), { scope }), 'atAnyPointInTime'],
  ['a field that is none', within(condition({ fieldName: 'user property' })), 'fieldName'],
  ['no scope', within(condition({}), { scope: undefined }), 'scope'],
])('refuses an audience with %s', async (_, change, expected) => {
  const account = await newGa4Account(sandbox)
  const { status, body } = await call(account, 'POST', audience(change))
  expect([status, body.error.status]).toEqual([400, 'INVALID_ARGUMENT'])
  expect(body.error.message).toContain(expected)
})

it('asks for a token of the property, and for the right to edit', async () => {
  const account = await newGa4Account(sandbox)
  const other = await newGa4Account(sandbox)
  const status = async (token: string, method = 'GET') =>
    (await call({ ...account, token }, method, method === 'GET' ? undefined : audience())).body.error?.status
  expect(await status('unknown')).toBe('UNAUTHENTICATED')
  expect(await status(other.token)).toBe('PERMISSION_DENIED')
  await sandbox.control('PATCH', `/accounts/${account.id}`, { may_edit: false })
  expect(await status(account.token)).toBeUndefined()
  expect(await status(account.token, 'POST')).toBe('PERMISSION_DENIED')
  await sandbox.control('PATCH', `/accounts/${account.id}`, { token_expired: true })
  expect(await status(account.token)).toBe('UNAUTHENTICATED')
  const settings = { measurement_id: account.id, property_id: account.propertyId }
  const credentials = { api_secret: account.secret, access_token: 'fresh' }
  await sandbox.control('POST', '/accounts', { platform: 'ga4', settings, credentials })
  expect(await status('fresh')).toBeUndefined()
  await sandbox.control('POST', '/faults', { platform: 'ga4', fault: 'throttled' })
  expect(await status('fresh')).toBe('RESOURCE_EXHAUSTED')
})
