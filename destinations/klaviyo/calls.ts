import { z } from 'zod'
import { type Answer, requestJson } from '../http.ts'
import { failureOf, type Meaning, notJson, unreadable } from '../meaning.ts'
import { type Endpoint, type KlaviyoConnection, quotasOf } from './connection.ts'
import { LIST_DELETED, meaningOf } from './error-table.ts'

export type Call<S extends z.ZodType> = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With its query, escaped already. */
  readonly path: string
  readonly body?: Buffer | Readonly<Record<string, unknown>>
  /** True where its address is a list's own. */
  readonly ofList?: true
  /** What it counts as. */
  readonly endpoint: Endpoint
  readonly reply: S
}

/** One thing that Klaviyo finds wrong: `pointer` is a path into the request, `named` the ids in its sentence that we had sent. */
export type Complaint = { readonly pointer: string; readonly code: string; readonly detail: string }
export type Fault = {
  readonly status: number
  readonly named: string
  readonly meaning: Meaning
  readonly complaints: readonly Complaint[]
  readonly retryAfterMs: number | undefined
}

const refusal = z.object({
  errors: z.array(
    z.object({
      code: z.coerce.string().catch(''),
      // read for the ids that we sent only; it never goes on, because it can quote what was sent
      detail: z.string().catch(''),
      source: z.object({ pointer: z.string().catch('') }).catch({ pointer: '' }),
    }),
  ),
})

/** Makes one call and answers with the parsed reply, or with the fault. */
export async function attempt<S extends z.ZodType>(
  connection: KlaviyoConnection,
  call: Call<S>,
): Promise<{ reply: z.output<S> } | { fault: Fault }> {
  await connection.pace(...quotasOf(call.endpoint))
  const answer = await requestJson({
    method: call.method,
    url: `${connection.baseUrl}${call.path}`,
    headers: {
      accept: 'application/vnd.api+json',
      authorization: `Klaviyo-API-Key ${connection.credentials.apiKey}`,
      revision: connection.settings.revision,
      ...(call.body && { 'content-type': 'application/vnd.api+json' }),
    },
    ...(call.body && { body: Buffer.isBuffer(call.body) ? call.body : Buffer.from(JSON.stringify(call.body)) }),
    signal: connection.signal,
    timeoutMs: connection.timeoutMs,
  })
  if (answer.status >= 300) return { fault: faultOf(answer, call.ofList ?? false) }
  // 204 says all by itself
  const parsed = call.reply.safeParse(answer.status === 204 ? {} : answer.json)
  if (parsed.success) return { reply: parsed.data }
  throw answer.json === undefined
    ? failureOf('Klaviyo', notJson('Klaviyo'), { code: `http ${answer.status}` })
    : failureOf('Klaviyo', unreadable('Klaviyo'), { code: 'unreadable-reply' })
}

/** Makes one call; a fault is thrown as `DestinationFailure`. */
export async function ask<S extends z.ZodType>(connection: KlaviyoConnection, call: Call<S>): Promise<z.output<S>> {
  const result = await attempt(connection, call)
  if ('fault' in result) throw thrown(result.fault)
  return result.reply
}

export const thrown = ({ meaning, named: code, retryAfterMs }: Fault, members?: ReadonlyMap<string, string>) =>
  failureOf('Klaviyo', meaning, { code, retryAfterMs, members })

function faultOf({ status, json, header }: Answer, ofList: boolean): Fault {
  const complaints = (refusal.safeParse(json).data?.errors ?? []).map(({ code, detail, source }) => ({
    code,
    detail,
    pointer: source.pointer,
  }))
  const code = complaints.find((one) => /^[a-z_]{3,60}$/.test(one.code))?.code
  const seconds = Number(header('retry-after'))
  return {
    status,
    named: code ? `${status}/${code}` : `http ${status}`,
    meaning: ofList && status === 404 && json !== undefined ? LIST_DELETED : meaningOf(status, json !== undefined),
    complaints,
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined,
  }
}
