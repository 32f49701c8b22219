import type { Cell, Description } from '../held-rows.ts'
import { refuse } from './graph-error.ts'
import type { Parameters } from './parameters.ts'
import { nested, structure } from './parameters.ts'

export const MAX_ROWS = 10_000
const MAX_SAMPLES = 100

/** One accepted row. */
export interface Row {
  cells: Cell[]
  description: Description | undefined
}

export interface Payload {
  /** The keys as one text: the same for all batches of a session. */
  schema: string
  rows: Row[]
  received: number
  invalid: number
  samples: Record<string, string>
  dataSource: { type: string; sub_type: string } | undefined
}

type Kind = 'hash' | 'device' | 'plain' | 'number' | 'options' | 'code'

/** What each key's cells must look like. Kinds from `number` on describe a row and do not identify anybody. */
const kinds: Record<string, Kind> = {
  EXTERN_ID: 'plain',
  EMAIL: 'hash',
  PHONE: 'hash',
  GEN: 'hash',
  DOBY: 'hash',
  DOBM: 'hash',
  DOBD: 'hash',
  LN: 'hash',
  FN: 'hash',
  FI: 'hash',
  CT: 'hash',
  ST: 'hash',
  ZIP: 'hash',
  COUNTRY: 'hash',
  MADID: 'device',
  PAGEUID: 'plain',
  APPUID: 'plain',
  LOOKALIKE_VALUE: 'number',
  DATA_PROCESSING_OPTIONS: 'options',
  DATA_PROCESSING_OPTIONS_COUNTRY: 'code',
  DATA_PROCESSING_OPTIONS_STATE: 'code',
}

/** The older names that stand alone as a schema. */
const aliases: Record<string, string> = {
  EMAIL_SHA256: 'EMAIL',
  PHONE_SHA256: 'PHONE',
  MOBILE_ADVERTISER_ID: 'MADID',
}

/** A cell's fault, or undefined for a good one; the empty cell never comes here. */
const faultOf: Record<'hash' | 'device' | 'plain' | 'number', (value: string) => string | undefined> = {
  hash: (value) => (/^[0-9a-f]{64}$/.test(value) ? undefined : 'Invalid SHA256 hash format'),
  // A device id is sent unhashed, in lowercase with its hyphens.
  device: (value) =>
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) ? undefined : 'Invalid mobile advertiser id',
  plain: () => undefined,
  number: (value) => (/^\d+(\.\d+)?$/.test(value) ? undefined : 'Invalid value'),
}

/**
 * Checks schema and rows. A row that does not fit the schema refuses the whole call; a cell of a wrong format makes its
 * row an invalid entry, and the rest goes on. `rejectRows` counts that many good rows as invalid too.
 */
export function readPayload(
  parameters: Parameters,
  { valueBased, rejectRows }: { valueBased: boolean; rejectRows: number },
): Payload {
  const given = structure(parameters, 'payload')
  if (given === undefined) throw refuse.parameter('The parameter payload is required.')
  const payload = nested(given, 'payload')
  const keys = readSchema(payload.get('schema'), parameters, payload)
  const columns = toColumns(keys)
  if (keys.includes('LOOKALIKE_VALUE') && !valueBased)
    throw refuse.parameter('LOOKALIKE_VALUE can be used with a value-based audience only.')
  const data = structure(payload, 'data')
  if (!Array.isArray(data) || data.length === 0) throw refuse.schema()
  if (data.length > MAX_ROWS) throw refuse.parameter(`Too many rows: at most ${MAX_ROWS} are taken in one call.`)
  const rows = data.map((row: unknown) => readRow(row, columns))
  return {
    schema: keys.join(','),
    ...sortOut(rows, columns, rejectRows),
    received: data.length,
    dataSource: readDataSource(structure(payload, 'data_source') ?? structure(parameters, 'data_source')),
  }
}

function readSchema(schema: unknown, ...holders: Parameters[]): string[] {
  const names: unknown[] = Array.isArray(schema) ? schema : [schema]
  const keys = names.map((name) => {
    if (typeof name !== 'string') throw refuse.parameter('Param payload[schema] must be a key or an array of keys.')
    const key = names.length === 1 && Object.hasOwn(aliases, name) ? aliases[name] : name
    if (key === undefined || !Object.hasOwn(kinds, key))
      throw refuse.parameter(`Invalid key ${name.slice(0, 80)} in payload[schema].`)
    return key
  })
  if (keys.length === 0 || new Set(keys).size < keys.length) throw refuse.schema()
  if (!keys.some(identifies)) throw refuse.parameter('payload[schema] has no identifier.')
  const options = keys.includes('DATA_PROCESSING_OPTIONS')
  if (!options && keys.some((key) => key.startsWith('DATA_PROCESSING_OPTIONS_')))
    throw refuse.parameter('DATA_PROCESSING_OPTIONS is missing in payload[schema].')
  for (const [key, companion] of [
    ['PAGEUID', 'page_ids'],
    ['APPUID', 'app_ids'],
  ] as const)
    if (keys.includes(key) && !holders.some((holder) => holder.has(companion)))
      throw refuse.parameter(`${key} needs ${companion}.`)
  return keys
}

function identifies(key: string): boolean {
  const kind = kinds[key]
  return kind === 'hash' || kind === 'device' || kind === 'plain'
}

/** A place in the row and what belongs there. */
interface Column {
  index: number
  key: string
  identifies: boolean
  isOptions: boolean
  faultOf: ((value: string) => string | undefined) | undefined
}

function toColumns(keys: string[]): Column[] {
  return keys.map((key, index) => {
    const kind = kinds[key]
    const faultOfKind = kind === undefined || kind === 'options' || kind === 'code' ? undefined : faultOf[kind]
    return { index, key, identifies: identifies(key), isOptions: kind === 'options', faultOf: faultOfKind }
  })
}

/** The cells of one row in schema order; one value alone may stand for a row of a single key. */
function readRow(row: unknown, columns: Column[]): unknown[] {
  const cells: unknown[] = Array.isArray(row) ? row : [row]
  if (cells.length !== columns.length || (!Array.isArray(row) && columns.length > 1)) throw refuse.schema()
  for (const { index, isOptions } of columns) if (!fits(cells[index], isOptions)) throw refuse.schema()
  return cells
}

function fits(cell: unknown, isOptions: boolean): boolean {
  if (!isOptions) return typeof cell === 'string' || (typeof cell === 'number' && Number.isFinite(cell))
  return Array.isArray(cell) && (cell.length === 0 || (cell.length === 1 && cell[0] === 'LDU'))
}

function sortOut(
  rows: unknown[][],
  columns: Column[],
  rejectRows: number,
): Pick<Payload, 'rows' | 'invalid' | 'samples'> {
  const accepted: Row[] = []
  const samples: [sample: string, reason: string][] = []
  let invalid = 0
  let toReject = rejectRows
  const reject = (sample: string, reason: string) => {
    if (invalid++ < MAX_SAMPLES) samples.push([sample, reason])
  }
  for (const values of rows) {
    const fault = faultyCell(values, columns)
    if (fault) reject(fault.sample, fault.reason)
    else {
      const row = toRow(values, columns)
      // UNVERIFIED what Meta says of a row of empty cells: it can match nobody, so here it is an invalid entry.
      if (row.cells.length === 0) reject('', 'No identifier')
      else if (toReject-- > 0) reject(row.cells[0]?.[1] ?? '', 'Invalid entry')
      else accepted.push(row)
    }
  }
  return { rows: accepted, invalid, samples: Object.fromEntries(samples) }
}

function faultyCell(values: unknown[], columns: Column[]): { sample: string; reason: string } | undefined {
  for (const { index, faultOf } of columns) {
    const value = values[index]
    if (value === '' || faultOf === undefined) continue
    const reason = faultOf(String(value))
    if (reason !== undefined) return { sample: String(value), reason }
  }
  return undefined
}

function toRow(values: unknown[], columns: Column[]): Row {
  const cells: Cell[] = []
  let description: Description | undefined
  for (const { index, key, identifies } of columns) {
    const value = values[index]
    if (value === '') continue
    if (identifies) cells.push([key, String(value)])
    else description = { ...description, [key]: value }
  }
  return { cells, description }
}

function readDataSource(value: unknown): Payload['dataSource'] {
  if (value === undefined) return undefined
  const { type, sub_type } = Object.fromEntries(nested(value, 'data_source'))
  if (typeof type !== 'string' || (sub_type !== undefined && typeof sub_type !== 'string'))
    throw refuse.parameter('Param data_source must have a type and a sub_type.')
  return { type, sub_type: sub_type ?? 'ANYTHING' }
}
