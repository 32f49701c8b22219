import type { IncomingHttpHeaders } from 'node:http'
import { refuse } from './graph-error.ts'

/** The parameters of a call, from the query and the body together; a value is text or, in a JSON body, any JSON value. */
export type Parameters = ReadonlyMap<string, unknown>

/** Reads them; throws a GraphError for a body that is not what its content-type says. */
export function readParameters(
  method: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Parameters {
  const parameters = new Map<string, unknown>(query)
  // A GET has no body for Meta; the vendor's Node SDK sends `{}` with it all the same.
  if (method === 'GET' || body.length === 0) return parameters
  for (const [name, value] of readBodyParameters(headers['content-type'] ?? '', body)) parameters.set(name, value)
  return parameters
}

function readBodyParameters(contentType: string, body: Buffer): Iterable<[string, unknown]> {
  const type = contentType.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return Object.entries(jsonObject(body.toString('utf8')))
  if (type === '' || type === 'application/x-www-form-urlencoded') return new URLSearchParams(body.toString('utf8'))
  if (type === 'multipart/form-data') return multipartFields(contentType, body)
  throw refuse.parameter('The content type of the request is not supported.')
}

function jsonObject(text: string): object {
  const value = parseJson(quoteLongSessionIds(text))
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw refuse.parameter('The request body must be a JSON object.')
}

/** Ids beyond 2^53 would be rounded by JSON.parse, and Meta takes the whole int64. */
function quoteLongSessionIds(text: string): string {
  return text.replace(/("session_id"\s*:\s*)(\d{16,})/, '$1"$2"')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refuse.parameter('Invalid JSON in the request.')
  }
}

/** The text fields of a multipart body. Bytes are kept as Latin-1 while cutting, so that nothing is lost. */
function multipartFields(contentType: string, body: Buffer): [string, string][] {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1]
  if (boundary === undefined) throw refuse.parameter('The multipart body has no boundary.')
  const parts = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`)
  if (parts.length < 3) throw refuse.parameter('The multipart body does not keep to its boundary.')
  return parts.slice(1, -1).map((part) => {
    const headEnd = part.indexOf('\r\n\r\n')
    const name = /name="([^"]*)"/i.exec(part.slice(0, headEnd))?.[1]
    if (headEnd < 0 || name === undefined) throw refuse.parameter('A part of the multipart body has no name.')
    return [name, Buffer.from(part.slice(headEnd + 4), 'latin1').toString('utf8')]
  })
}

export function text(parameters: Parameters, name: string): string | undefined {
  const value = parameters.get(name)
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw refuse.parameter(`Param ${name} must be a string.`)
}

/** A structured value: given as JSON, or as its JSON text in a form or query. */
export function structure(parameters: Parameters, name: string): unknown {
  const value = parameters.get(name)
  return typeof value === 'string' ? parseJson(quoteLongSessionIds(value)) : (value ?? undefined)
}

export function wholeNumber(
  parameters: Parameters,
  name: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  const value = text(parameters, name)
  if (value === undefined) return undefined
  const number = Number(value)
  if (/^-?\d+$/.test(value) && number >= min && number <= max) return number
  throw refuse.parameter(`Param ${name} must be an integer from ${min} to ${max}.`)
}

export function truth(parameters: Parameters, name: string): boolean | undefined {
  const value = text(parameters, name)
  if (value === undefined) return undefined
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw refuse.parameter(`Param ${name} must be a boolean.`)
}

export function oneOf<T extends string>(parameters: Parameters, name: string, allowed: readonly T[]): T | undefined {
  const value = text(parameters, name)
  if (value === undefined) return undefined
  const found = allowed.find((candidate) => candidate === value)
  if (found !== undefined) return found
  throw refuse.parameter(`Param ${name} must be one of {${allowed.join(', ')}}.`)
}

export function required<T>(value: T | undefined, name: string): T {
  if (value !== undefined && value !== '') return value
  throw refuse.parameter(`The parameter ${name} is required.`)
}

/** The fields of a JSON object, as parameters of their own. */
export function nested(value: unknown, name: string): Parameters {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value))
  throw refuse.parameter(`Param ${name} must be an object.`)
}
