import { z } from 'zod'
import { type Answer, requestJson } from '../http.ts'
import { failureOf, type Meaning, notJson, unreadable } from '../meaning.ts'
import type { LinkedInConnection } from './connection.ts'
import { meaningOf, type Subject } from './error-table.ts'
import { dropToken, tokenOf } from './token.ts'

export type Call<S extends z.ZodType> = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below /rest, escaped already. */
  readonly path: string
  /** Of Rest.li, such as BATCH_CREATE. */
  readonly restLiMethod?: string
  readonly body?: Buffer | Readonly<Record<string, unknown>>
  readonly subject: Subject
  readonly reply: S
}

export type Fault = { readonly status: number; readonly named: string; readonly meaning: Meaning }
type Said<T> = { readonly reply: T; readonly header: Answer['header'] }

// `message` can quote what was sent: of it only one thing is read, whether it speaks of a version that is not active.
const refusal = z.object({
  code: z.coerce.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
})

/** Makes one call and answers with the parsed reply, or with the fault. A token that ended early is fetched anew once. */
export async function attempt<S extends z.ZodType>(
  connection: LinkedInConnection,
  call: Call<S>,
): Promise<Said<z.output<S>> | { fault: Fault }> {
  const first = await send(connection, call)
  const answer = first.status === 401 && dropToken(connection) ? await send(connection, call) : first
  if (answer.status >= 300) return { fault: faultOf(answer, call.subject) }
  // an empty body is an answer of its own: a new segment's id comes in a header
  const parsed = call.reply.safeParse(answer.json ?? {})
  if (parsed.success) return { reply: parsed.data, header: answer.header }
  throw answer.json === undefined
    ? failureOf('LinkedIn', notJson('LinkedIn'), { code: `http ${answer.status}` })
    : failureOf('LinkedIn', unreadable('LinkedIn'), { code: 'unreadable-reply' })
}

/** Makes one call; a fault is thrown as `DestinationFailure`. */
export async function ask<S extends z.ZodType>(
  connection: LinkedInConnection,
  call: Call<S>,
): Promise<Said<z.output<S>>> {
  const result = await attempt(connection, call)
  if ('fault' in result) throw failureOf('LinkedIn', result.fault.meaning, { code: result.fault.named })
  return result
}

async function send(connection: LinkedInConnection, call: Call<z.ZodType>): Promise<Answer> {
  // first, as it may take a request of its own: nothing may come between the place in the quota and the call
  const token = await tokenOf(connection)
  if (call.subject === 'members') await connection.pace('members')
  return requestJson({
    method: call.method,
    url: `${connection.baseUrl}/rest${call.path}`,
    headers: {
      authorization: `Bearer ${token}`,
      'linkedin-version': connection.settings.apiVersion,
      'x-restli-protocol-version': '2.0.0',
      ...(call.restLiMethod && { 'x-restli-method': call.restLiMethod }),
    },
    ...(call.body && { body: Buffer.isBuffer(call.body) ? call.body : Buffer.from(JSON.stringify(call.body)) }),
    signal: connection.signal,
    timeoutMs: connection.timeoutMs,
  })
}

function faultOf({ status, json }: Answer, subject: Subject): Fault {
  const { code, message } = refusal.safeParse(json).data ?? {}
  const retired = /version/i.test(message ?? '') && /not active|no longer|sunset|retired/i.test(message ?? '')
  // the body's code repeats the status where it has no name of its own
  const name = code !== undefined && /^[A-Z_]{3,60}$/.test(code) ? code : undefined
  const named = name === undefined ? `http ${status}` : `${status}/${name}`
  return { status, named, meaning: meaningOf(status, name, subject, retired) }
}
