import type { IncomingHttpHeaders } from 'node:http'

/** The token of an `Authorization: Bearer` header; undefined when there is none. */
export function bearer(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1]
}
