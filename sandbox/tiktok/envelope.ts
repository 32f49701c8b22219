import { randomBytes } from 'node:crypto'
import type { Answer, Note } from '../platform.ts'

/** Return codes with TikTok's sentence for each. Where only the class of a code is known, the sentence is ours. */
const sentences = {
  0: 'OK',
  20001: 'Partially succeeded',
  40000: 'Invalid request',
  40001: 'No permission to operate this advertiser',
  40002: 'Invalid parameter',
  40006: 'The API version is not supported',
  40007: 'The object does not exist',
  40011: 'The request conflicts with the state of the object',
  40016: 'Too many requests. Please try again later.',
  40050: 'Duplicate request',
  40051: 'The operation is not supported for this object',
  40100: 'Too many requests. Please retry in some time.',
  40101: 'The app is not authorized',
  40102: 'Access token has expired',
  40103: 'Refresh token has expired',
  40104: 'Access token is null',
  40105: 'Access token is incorrect or has been revoked.',
  40107: 'Refresh token is incorrect',
  40110: 'Auth code has expired',
  40132: 'Too many requests per minute. Please try again in 5 minutes.',
  40133: 'Daily request limit reached. Please try again after 00:00 UTC.',
  50000: 'System error',
  50002: 'System error. Please try again later.',
} satisfies Record<number, string>

export type Code = keyof typeof sentences

/** The sentence of a code, ours for one that nobody knows. */
export function sentence(code: number): string {
  const known: Record<number, string> = sentences
  return known[code] ?? 'The request failed'
}

/** A refusal; it becomes an envelope in one place. */
export class EnvelopeError extends Error {
  readonly code: Code
  constructor(code: Code, message: string = sentence(code)) {
    super(message)
    this.code = code
  }
}

export const invalid = (what: string) => new EnvelopeError(40002, what)
export const notEditable = () => new EnvelopeError(40002, 'The audience is not editable.')

/** HTTP says 200 whatever the code says. */
export function envelope(code: number, message: string, data: object = {}, note?: Note, status = 200): Answer {
  const answer: Answer = { status, body: { code, message, request_id: newRequestId(), data } }
  return note === undefined ? answer : { ...answer, note }
}

export function ok(data: object, note?: Note): Answer {
  return envelope(0, sentences[0], data, note)
}

function newRequestId(): string {
  const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  return `${time}${randomBytes(9).toString('hex').toUpperCase()}`
}
