import type { z } from 'zod'
import { requestJson } from '../http.ts'
import { failureOf as failure, unreadable } from '../meaning.ts'
import { type MetaConnection, quotaKeys } from './connection.ts'
import { type Fault, failureOf, faultOf, type Subject } from './errors.ts'
import { appSecretProof } from './proof.ts'
import { usageOf } from './usage.ts'

export type Call<S extends z.ZodType> = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the version, each part as it is: it is escaped here. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  /** A value to send as JSON, or the bytes of one. */
  readonly body?: Buffer | Readonly<Record<string, unknown>>
  readonly subject: Subject
  readonly reply: S
}

/** Makes one call and answers with the parsed reply, or with the fault that Meta told. */
export async function attempt<S extends z.ZodType>(
  connection: MetaConnection,
  call: Call<S>,
): Promise<{ reply: z.output<S> } | { fault: Fault }> {
  const { accessToken } = connection.credentials
  const counts = call.subject === 'events' ? 'events' : 'calls'
  await connection.pace(counts)
  const answer = await requestJson({
    method: call.method,
    url: urlOf(connection, call),
    // In the header, so that no token stands in a URL, where proxies keep it.
    headers: { authorization: `Bearer ${accessToken}` },
    ...(call.body && { body: Buffer.isBuffer(call.body) ? call.body : Buffer.from(JSON.stringify(call.body)) }),
    signal: connection.signal,
    timeoutMs: connection.timeoutMs,
  })
  const usage = usageOf(answer.header, quotaKeys[counts](connection), counts)
  if (usage) connection.onUsage(usage)
  const fault = faultOf(answer, call.subject)
  if (fault) return { fault }
  const parsed = call.reply.safeParse(answer.json)
  if (!parsed.success) throw failure('Meta', unreadable('Meta'), { code: 'unreadable-reply' })
  return { reply: parsed.data }
}

/** Makes one call; a fault is thrown as `DestinationFailure`. */
export async function ask<S extends z.ZodType>(connection: MetaConnection, call: Call<S>): Promise<z.output<S>> {
  const result = await attempt(connection, call)
  if ('fault' in result) throw failureOf(result.fault, call.subject)
  return result.reply
}

function urlOf(connection: MetaConnection, call: Call<z.ZodType>): string {
  const { accessToken, appSecret } = connection.credentials
  const query = new URLSearchParams(call.query)
  if (appSecret) query.set('appsecret_proof', appSecretProof(accessToken, appSecret))
  const path = [connection.settings.apiVersion, ...call.path].map(encodeURIComponent).join('/')
  return `${connection.baseUrl}/${path}${query.size > 0 ? `?${query}` : ''}`
}
