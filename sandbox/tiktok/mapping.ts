import type { Cell } from '../held-rows.ts'
import { isObject } from '../json.ts'
import type { Answer } from '../platform.ts'
import { isExpired, isProcessing, note, settle } from './audience-state.ts'
import { envelope, invalid, notEditable, ok, sentence } from './envelope.ts'
import type { Context } from './operation.ts'
import { advertiser, audienceOf, ids } from './operation.ts'
import type { Account, Audience } from './state.ts'

/** UNVERIFIED, as commonly assumed. */
export const MOST_ROWS = 10_000
const MOST_ADVERTISERS = 100
const MOST_AUDIENCES = 100

const sha256 = /^[0-9a-f]{64}$/
const md5 = /^[0-9a-f]{32}$/

/** How a value must look, by the name of its column. */
const columns: Record<string, RegExp> = {
  EMAIL_SHA256: sha256,
  PHONE_SHA256: sha256,
  IDFA_SHA256: sha256,
  AAID_SHA256: sha256,
  IDFA_MD5: md5,
  AAID_MD5: md5,
}

/** A person for one audience. */
interface Entry {
  audience: Audience
  cells: Cell[]
}

/**
 * `/segment/mapping/`. One bad cell refuses the whole call, and nothing says which it was.
 */
export function mapMembers(context: Context): Answer {
  const { state, input, disturbance } = context
  if (input.action !== 'add' && input.action !== 'delete') throw invalid('action: Must be one of add, delete')
  const accounts = ids(input, 'advertiser_ids', MOST_ADVERTISERS).map((wanted) => advertiser(context, wanted))
  const schema = readSchema(input.id_schema)
  const rows = readRows(input.batch_data, schema)
  const finder = audienceFinder(context, accounts)
  const entries = rows.map((row) => entriesOf(row, schema, finder))
  const touched = new Set(entries.flat().map(({ audience }) => audience))
  const now = state.clock.now()
  for (const audience of touched) if (isProcessing(audience, now) || isExpired(audience, now)) throw notEditable()
  const refused = Math.min(disturbance.rejectRows, entries.length)
  for (const audience of touched) {
    settle(state, audience)
    audience.contentAt = now
    note(state, audience, input.action === 'add' ? 'APPEND' : 'REMOVE')
  }
  for (const { audience, cells } of entries.slice(refused).flat()) {
    if (input.action === 'add') audience.rows.add(cells)
    else audience.rows.remove(cells)
  }
  const counts = { received: entries.length, invalid: refused }
  return refused === 0 ? ok({}, counts) : envelope(20001, disturbance.reason ?? sentence(20001), {}, counts)
}

function readSchema(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0 || new Set(value).size !== value.length)
    throw invalid('id_schema: Invalid parameter')
  return value.map((column) => {
    if (typeof column === 'string' && Object.hasOwn(columns, column)) return column
    throw invalid(`id_schema: Must be one of ${Object.keys(columns).join(', ')}`)
  })
}

function readRows(value: unknown, schema: string[]): unknown[][] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_ROWS)
    throw invalid(`batch_data: Length must be between 1 and ${MOST_ROWS}`)
  return value.map((row: unknown) => {
    if (Array.isArray(row) && row.length === schema.length) return row
    throw invalid('batch_data: Each element must have as many ids as id_schema')
  })
}

/** Finds audiences of the named advertisers, each only once. */
function audienceFinder(context: Context, accounts: Account[]): (id: string) => Audience {
  const known = new Map<string, Audience>()
  return (id) => {
    const before = known.get(id)
    if (before) return before
    const ownerId = context.state.audiences.get(id)?.accountId
    const owner = accounts.find((account) => account.id === ownerId) ?? accounts[0]
    if (owner === undefined) throw invalid('advertiser_ids: Invalid parameter')
    const audience = audienceOf(context, owner, id)
    known.set(id, audience)
    return audience
  }
}

/** A row may name other audiences in each of its cells; what it says for one audience belongs together. */
function entriesOf(row: unknown[], schema: string[], find: (id: string) => Audience): Entry[] {
  const entries = new Map<string, Entry>()
  for (const [index, column] of schema.entries()) {
    const cell = readCell(row[index], column)
    if (cell === undefined) continue
    for (const id of cell.audienceIds) {
      const entry = entries.get(id) ?? { audience: find(id), cells: [] }
      entry.cells.push([column, cell.value])
      entries.set(id, entry)
    }
  }
  if (entries.size === 0) throw invalid('batch_data: Invalid parameter')
  return [...entries.values()]
}

/** A cell, or undefined for the `{}` of an identifier that the person does not have. */
function readCell(value: unknown, column: string): { value: string; audienceIds: string[] } | undefined {
  if (!isObject(value)) throw invalid('batch_data: Invalid parameter')
  const keys = Object.keys(value)
  if (keys.length === 0) return undefined
  const { id, audience_ids: audienceIds } = value
  if (keys.length !== 2 || typeof id !== 'string' || !columns[column]?.test(id))
    throw invalid('batch_data: Invalid parameter')
  return {
    value: id,
    audienceIds: ids({ 'batch_data.audience_ids': audienceIds }, 'batch_data.audience_ids', MOST_AUDIENCES),
  }
}
