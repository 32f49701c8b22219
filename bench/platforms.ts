import { randomBytes } from 'node:crypto'
import { createSeal } from '../db/seal.ts'
import { batchMembers } from '../destinations/batch-members.ts'
import type { Batch, Destination } from '../destinations/define.ts'
import { syncSettings } from '../destinations/google/connection.ts'
import { membersBody as googleBody } from '../destinations/google/members-body.ts'
import { platforms as connected, type ListPlatformId } from '../destinations/index.ts'
import { importBody } from '../destinations/klaviyo/import-body.ts'
import { membersBody as linkedinBody } from '../destinations/linkedin/members-body.ts'
import { compileMapping } from '../destinations/mapping.ts'
import { usersBody } from '../destinations/meta/users-body.ts'
import { recordsBody } from '../destinations/pinterest/records-body.ts'
import { mappingBody } from '../destinations/tiktok/mapping-body.ts'
import { decodeRow } from '../sources/copy-text.ts'
import { batchOf, country, type Rows } from './bodies.ts'
import { median } from './fair.ts'
import { fields, mapping } from './people.ts'
import { many, type Row, row, shown } from './report.ts'

/** Which of the people's fields a platform takes, and how it writes a request. */
type Platform = {
  readonly destination: Destination
  readonly mapping: Readonly<Record<string, string>>
  readonly body: (batch: Batch) => Buffer
}

const name = { first_name: 'first_name', last_name: 'last_name' }
const place = { country: 'country', zip: 'zip' }

const platforms: Record<ListPlatformId, Platform> = {
  google: {
    destination: connected.google.list,
    mapping: { email: 'email', phone: 'phone', ...name, ...place },
    body: (batch) =>
      googleBody({ settings: { accountId: '1234567890' } }, { ...batch, settings: syncSettings.parse({}) }),
  },
  klaviyo: {
    destination: connected.klaviyo.list,
    mapping: { email: 'email', phone_number: 'phone', ...name, ...place },
    body: importBody,
  },
  linkedin: {
    destination: connected.linkedin.list,
    mapping: { SHA256_EMAIL: 'email', FIRST_NAME: 'first_name', LAST_NAME: 'last_name' },
    body: linkedinBody,
  },
  meta: { destination: connected.meta.list, mapping, body: usersBody },
  pinterest: { destination: connected.pinterest.list, mapping: { EMAIL: 'email' }, body: recordsBody },
  tiktok: {
    destination: connected.tiktok.list,
    mapping: { EMAIL_SHA256: 'email', PHONE_SHA256: 'phone' },
    body: (batch) => mappingBody('1234567890', batch),
  },
}

type Request = { readonly rows: number; readonly bytes: number }
type Way = (rows: Rows) => Request[]

/**
 * The product's way from staged rows to a platform's requests: as many members as it takes at a time, plain values sealed as
 * they are kept and opened again, and what is longer than the platform takes halved.
 */
function wayOf({ destination: { identifiers, limits }, mapping, body }: Platform): Way {
  const seal = createSeal([randomBytes(32)])
  const prepare = compileMapping({ identifiers, mapping, fields, country })
  const requestsOf = (batch: Batch): Request[] => {
    const bytes = body(batch).length
    if (bytes <= limits.bytesPerRequest) return [{ rows: batch.members.length, bytes }]
    const half = Math.floor(batch.members.length / 2)
    const halves = [batch.members.slice(0, half), batch.members.slice(half)]
    return halves.flatMap((members) => requestsOf({ ...batch, members }))
  }
  return (rows) => {
    const requests: Request[] = []
    for (let first = 0; first < rows.length; first += limits.rowsPerRequest) {
      const packed: Buffer[] = []
      const sealed: (Buffer | undefined)[] = []
      for (const row of rows.slice(first, first + limits.rowsPerRequest)) {
        const prepared = prepare(decodeRow(row))
        if (!('packed' in prepared)) continue
        packed.push(prepared.packed)
        sealed.push(prepared.plain && seal.seal(prepared.plain))
      }
      const plainOf = (at: number) => {
        const plain = sealed[at]
        return plain && seal.openBytes(plain)
      }
      const keys = packed.map(() => '')
      const sent = batchMembers(identifiers, keys, packed, sealed.some(Boolean) ? { plainOf } : {})
      requests.push(...requestsOf(batchOf(sent.identifiers, sent.members)))
    }
    return requests
  }
}

type Measured = { readonly rate: number; readonly requests: readonly Request[] }

/** A row for the speed of each platform against Meta's, and one for how full its requests are. All ways take turns. */
export function platformRows(batches: readonly Rows[], rounds: number): Row[] {
  const ways = Object.values(platforms).map((platform) => ({ platform, way: wayOf(platform) }))
  for (const { way } of ways) for (const rows of batches.slice(0, 4)) way(rows) // warm
  const measured = Array.from({ length: rounds }, () => oneRound(ways, batches))
  return ways.flatMap(({ platform: { destination } }) => {
    const { name, limits } = destination
    const of = (round: ReadonlyMap<Destination, Measured>, whose: Destination) => round.get(whose)?.rate ?? Number.NaN
    const ratio = median(measured.map((round) => of(round, destination) / of(round, connected.meta.list)))
    const requests = measured[0]?.get(destination)?.requests ?? []
    const { rows, bytes, longest } = sumsOf(requests)
    // what so many members and bytes need at the least
    const least = Math.max(Math.ceil(rows / limits.rowsPerRequest), Math.ceil(bytes / limits.bytesPerRequest))
    return [
      row(
        `${name}: normalise + hash + body against Meta's`,
        ratio,
        { must: 0.5, aim: 1, unit: '×', more: true },
        `${many(median(measured.map((round) => of(round, destination))))} rows/s, one thread`,
      ),
      row(
        `${name}: how full its requests are`,
        (least / requests.length) * 100,
        { must: 99, aim: 100, unit: '%', more: true },
        `${many(rows)} members in ${many(requests.length)} requests of at most ${many(limits.rowsPerRequest)}; the longest has ${shown((longest / limits.bytesPerRequest) * 100)} % of ${many(limits.bytesPerRequest)} bytes`,
      ),
    ]
  })
}

/** All ways over all batches, batch by batch in turns. */
function oneRound(
  ways: readonly { readonly platform: Platform; readonly way: Way }[],
  batches: readonly Rows[],
): Map<Destination, Measured> {
  const members = batches.reduce((sum, { length }) => sum + length, 0)
  const spent = ways.map(() => ({ ms: 0, requests: [] as Request[] }))
  for (const rows of batches) {
    for (const [at, { way }] of ways.entries()) {
      const mine = spent[at]
      const began = performance.now()
      const requests = way(rows)
      if (!mine) continue
      mine.ms += performance.now() - began
      mine.requests.push(...requests)
    }
  }
  return new Map(
    ways.map(({ platform }, at) => {
      const { ms, requests } = spent[at] ?? { ms: Number.NaN, requests: [] }
      return [platform.destination, { rate: (members / ms) * 1000, requests }]
    }),
  )
}

const sumsOf = (requests: readonly Request[]) => ({
  rows: requests.reduce((sum, { rows }) => sum + rows, 0),
  bytes: requests.reduce((sum, { bytes }) => sum + bytes, 0),
  longest: Math.max(...requests.map(({ bytes }) => bytes)),
})
