import { z } from 'zod'
import { type Answer, requestJson } from '../http.ts'
import { failureOf, type Meaning, notJson, unreadable } from '../meaning.ts'
import type { PinterestConnection } from './connection.ts'
import { BY_CODE, meaningOf, type Subject } from './error-table.ts'
import { dropToken, tokenOf } from './token.ts'

export type Call<S extends z.ZodType> = {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Below the ad account, escaped already. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Buffer | Readonly<Record<string, unknown>>
  readonly subject: Subject
  readonly reply: S
}

export type Fault = { readonly status: number; readonly named: string; readonly meaning: Meaning }

// `message` can quote what was sent and is not read
const refusal = z.object({ code: z.coerce.number().int() })

/** Makes one call and answers with the parsed reply, or with the fault. A token that ended early is fetched anew once. */
export async function attempt<S extends z.ZodType>(
  connection: PinterestConnection,
  call: Call<S>,
): Promise<{ reply: z.output<S> } | { fault: Fault }> {
  const first = await send(connection, call)
  const answer = first.status === 401 && dropToken(connection) ? await send(connection, call) : first
  if (answer.status >= 300) return { fault: faultOf(answer, call.subject) }
  const parsed = call.reply.safeParse(answer.json)
  if (parsed.success) return { reply: parsed.data }
  const code = codeIn(answer)
  if (code !== undefined && BY_CODE[code]) return { fault: faultOf(answer, call.subject) }
  throw answer.json === undefined
    ? failureOf('Pinterest', notJson('Pinterest'), { code: `http ${answer.status}` })
    : failureOf('Pinterest', unreadable('Pinterest'), { code: 'unreadable-reply' })
}

/** Makes one call; a fault is thrown as `DestinationFailure`. */
export async function ask<S extends z.ZodType>(connection: PinterestConnection, call: Call<S>): Promise<z.output<S>> {
  const result = await attempt(connection, call)
  if ('fault' in result) throw failureOf('Pinterest', result.fault.meaning, { code: result.fault.named })
  return result.reply
}

async function send(connection: PinterestConnection, call: Call<z.ZodType>): Promise<Answer> {
  await connection.pace(call.method === 'GET' ? 'read' : 'write')
  const query = new URLSearchParams(call.query)
  return requestJson({
    method: call.method,
    url: `${connection.baseUrl}/v5/ad_accounts/${connection.settings.adAccountId}${call.path}${query.size > 0 ? `?${query}` : ''}`,
    headers: { authorization: `Bearer ${await tokenOf(connection)}` },
    ...(call.body && { body: Buffer.isBuffer(call.body) ? call.body : Buffer.from(JSON.stringify(call.body)) }),
    signal: connection.signal,
    timeoutMs: connection.timeoutMs,
  })
}

const codeIn = ({ json }: Answer): number | undefined => refusal.safeParse(json).data?.code

function faultOf(answer: Answer, subject: Subject): Fault {
  const code = codeIn(answer)
  const { status } = answer
  return {
    status,
    named: code === undefined ? `http ${status}` : `${status}/${code}`,
    meaning: meaningOf(status, code, subject),
  }
}
