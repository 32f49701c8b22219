import { z } from 'zod'
import { type Answer, requestJson } from '../http.ts'
import { failureOf, type Meaning, notJson, unreadable } from '../meaning.ts'
import type { GoogleConnection } from './connection.ts'
import { meaningOf } from './error-table.ts'
import { dropToken, tokenOf } from './token.ts'

export type Call<S extends z.ZodType> = {
  readonly method: 'GET' | 'POST'
  /** Below the version. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Buffer | Readonly<Record<string, unknown>>
  /** Which of the project's quotas it counts against. */
  readonly counts: 'write' | 'read' | 'other'
  /** What is no matter of Google Ads is not asked for through a manager account of it. */
  readonly besideAds?: true
  readonly reply: S
}

/** What Google finds wrong with one field of a request, such as `audience_members[3].user_data`. */
export type Violation = { readonly field: string; readonly reason: string }

export type Fault = { readonly named: string; readonly meaning: Meaning; readonly violations: readonly Violation[] }

const detail = z.looseObject({
  reason: z.string().optional().catch(undefined),
  // a description can quote what was sent and is not read
  fieldViolations: z
    .array(z.object({ field: z.string().catch(''), reason: z.string().catch('') }))
    .optional()
    .catch(undefined),
})
const refusal = z.object({
  error: z.object({ status: z.string().optional().catch(undefined), details: z.array(detail).catch([]) }),
})

/** Makes one call and answers with the parsed reply, or with the fault. A token that ended early is fetched anew once. */
export async function attempt<S extends z.ZodType>(
  connection: GoogleConnection,
  call: Call<S>,
): Promise<{ reply: z.output<S> } | { fault: Fault }> {
  const first = await send(connection, call)
  if (first.status === 401) dropToken(connection)
  const answer = first.status === 401 ? await send(connection, call) : first
  if (answer.status >= 300) return { fault: faultOf(answer) }
  if (answer.json === undefined) throw failureOf('Google', notJson('Google'), { code: `http ${answer.status}` })
  const parsed = call.reply.safeParse(answer.json)
  if (!parsed.success) throw failureOf('Google', unreadable('Google'), { code: 'unreadable-reply' })
  return { reply: parsed.data }
}

/** Makes one call; a fault is thrown as `DestinationFailure`. */
export async function ask<S extends z.ZodType>(connection: GoogleConnection, call: Call<S>): Promise<z.output<S>> {
  const result = await attempt(connection, call)
  if ('fault' in result) throw failureOf('Google', result.fault.meaning, { code: result.fault.named })
  return result.reply
}

async function send(connection: GoogleConnection, call: Call<z.ZodType>): Promise<Answer> {
  // first, as it may take a request of its own: nothing may come between the place in the quota and the call
  const token = await tokenOf(connection)
  await connection.pace(`${call.counts}Minute`, `${call.counts}Day`)
  const query = new URLSearchParams(call.query)
  const manager = call.besideAds ? undefined : connection.settings.loginAccountId
  return requestJson({
    method: call.method,
    url: `${connection.baseUrl}/v1/${call.path}${query.size > 0 ? `?${query}` : ''}`,
    headers: {
      authorization: `Bearer ${token}`,
      ...(manager && { 'login-account': `accountTypes/GOOGLE_ADS/accounts/${manager}` }),
    },
    ...(call.body && { body: Buffer.isBuffer(call.body) ? call.body : Buffer.from(JSON.stringify(call.body)) }),
    signal: connection.signal,
    timeoutMs: connection.timeoutMs,
  })
}

function faultOf({ status: http, json }: Answer): Fault {
  const error = refusal.safeParse(json).data?.error
  if (!error) {
    const meaning = json === undefined && http < 400 ? notJson('Google') : meaningOf(undefined, undefined, http)
    return { named: `http ${http}`, meaning, violations: [] }
  }
  const violations = error.details.flatMap(({ fieldViolations = [] }) => fieldViolations)
  const reasons = [...violations.map(({ reason }) => reason), ...error.details.map(({ reason }) => reason)]
  const reason = reasons.find((known) => known !== undefined && known !== '' && known !== error.status)
  const named = [error.status ?? `http ${http}`, ...(reason ? [reason] : [])].join('/')
  return { named, meaning: meaningOf(error.status, reason, http), violations }
}
