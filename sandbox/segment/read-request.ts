import { gunzipSync } from 'node:zlib'
import { isObject, parseJson } from '../json.ts'
import type { Arrival } from '../platform.ts'
import { refuse } from './api-error.ts'

const LARGEST_BATCH = 500 * 1024
const LARGEST_CALL = 32 * 1024

/** What a request says. */
export interface SegmentRequest {
  writeKey: string
  /** Basic authentication is with an empty password. */
  hasPassword: boolean
  /** Each as it was sent. */
  calls: unknown[]
  /** What a batch says for all of them. */
  common: Record<string, unknown>
}

/** Reads `/v1/batch` or, with a type, a single call. Throws ApiError for bad JSON, what is too large, and no key at all. */
export function readRequest({ headers, body }: Arrival, type: string | undefined): SegmentRequest {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? ''))
    throw refuse.bad('content-type must be application/json')
  const plain = unpack(headers['content-encoding'], body)
  if (plain.length > (type === undefined ? LARGEST_BATCH : LARGEST_CALL)) throw refuse.bad('request is too large')
  const sent = parseJson(plain)
  if (!isObject(sent)) throw refuse.bad('malformed JSON')
  const { user, password } = basic(headers.authorization)
  const writeKey = user === '' && typeof sent.writeKey === 'string' ? sent.writeKey : user
  if (writeKey === '') throw refuse.bad('a write key is required')
  const asked = { writeKey, hasPassword: password !== '' }
  if (type !== undefined) return { ...asked, calls: [{ ...sent, type }], common: {} }
  const { batch, ...common } = sent
  if (!Array.isArray(batch)) throw refuse.bad('batch must be an array')
  for (const call of batch)
    if (Buffer.byteLength(JSON.stringify(call)) > LARGEST_CALL) throw refuse.bad('a message of the batch is too large')
  return { ...asked, calls: batch, common }
}

function basic(header: string | undefined): { user: string; password: string } {
  const [, encoded = ''] = /^Basic\s+(\S+)$/i.exec(header ?? '') ?? []
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? { user: text, password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

function unpack(encoding: string | undefined, body: Buffer): Buffer {
  if (encoding === undefined || encoding === 'identity') return body
  if (encoding !== 'gzip') throw refuse.bad('content-encoding must be gzip')
  try {
    return gunzipSync(body, { maxOutputLength: 4 * 1024 * 1024 })
  } catch {
    throw refuse.bad('the body is not gzip, or is too large')
  }
}
