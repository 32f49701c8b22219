import { z } from 'zod'
import { requestJson } from '../http.ts'
import { failureOf, type Meaning, unreadable } from '../meaning.ts'
import type { TikTokConnection } from './connection.ts'
import { meaningOf } from './error-table.ts'

export type Call<S extends z.ZodType> = {
  readonly method: 'GET' | 'POST'
  /** With a slash at its end: TikTok answers 404 without. */
  readonly path: `/${string}/`
  readonly query?: Readonly<Record<string, string>>
  /** A value to send as JSON, or the bytes of one. */
  readonly body?: Buffer | Readonly<Record<string, unknown>>
  readonly reply: S
}

/** A refusal by TikTok: the code of its envelope, or the HTTP status where there is no envelope. */
export type Fault = { readonly code: number | undefined; readonly named: string; readonly meaning: Meaning }

// HTTP is 200 whatever happened: the code in the envelope tells. `message` can quote what was sent and is not read.
const envelope = z.object({ code: z.coerce.number().int(), data: z.unknown().optional() })

/** Makes one call and answers with the parsed data of its envelope, or with the fault. */
export async function attempt<S extends z.ZodType>(
  connection: TikTokConnection,
  call: Call<S>,
): Promise<{ reply: z.output<S> } | { fault: Fault }> {
  await connection.pace('second', 'minute', 'day')
  const query = new URLSearchParams(call.query)
  const answer = await requestJson({
    method: call.method,
    url: `${connection.baseUrl}/open_api/${connection.settings.apiVersion}${call.path}${query.size > 0 ? `?${query}` : ''}`,
    headers: { 'access-token': connection.credentials.accessToken },
    ...(call.body && { body: Buffer.isBuffer(call.body) ? call.body : Buffer.from(JSON.stringify(call.body)) }),
    signal: connection.signal,
    timeoutMs: connection.timeoutMs,
  })
  const told = envelope.safeParse(answer.json).data
  const code = told?.code
  if (code !== 0 || answer.status >= 300) {
    const named = code === undefined ? `http ${answer.status}` : String(code)
    return { fault: { code, named, meaning: meaningOf(code === 0 ? undefined : code, answer.status) } }
  }
  const parsed = call.reply.safeParse(told?.data)
  if (!parsed.success) throw failureOf('TikTok', unreadable('TikTok'), { code: 'unreadable-reply' })
  return { reply: parsed.data }
}

/** Makes one call; a fault is thrown as `DestinationFailure`. */
export async function ask<S extends z.ZodType>(connection: TikTokConnection, call: Call<S>): Promise<z.output<S>> {
  const result = await attempt(connection, call)
  if ('fault' in result) throw failureOf('TikTok', result.fault.meaning, { code: result.fault.named })
  return result.reply
}
