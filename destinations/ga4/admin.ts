import { z } from 'zod'
import { DestinationFailure } from '../failure.ts'
import { requestJson } from '../http.ts'
import { failureOf, type Meaning, unreadable } from '../meaning.ts'
import { retryAfterMs } from '../retry-after.ts'
import { adminUrl, type Ga4Connection } from './connection.ts'

const MINUTE = 60_000

export type AdminCall<T> = {
  readonly method: 'GET' | 'POST'
  /** Below the property, such as `/audiences?pageSize=200`. */
  readonly path: string
  readonly body?: object
  readonly reply: z.ZodType<T>
}

/** One call of the Admin API about the connection's property. @throws DestinationFailure */
export async function askAdmin<T>(connection: Ga4Connection, call: AdminCall<T>): Promise<T> {
  const { propertyId } = connection.settings
  const { accessToken } = connection.credentials
  if (propertyId === undefined || accessToken === undefined) {
    throw new DestinationFailure(
      'config',
      'To make an audience for you the destination needs propertyId and accessToken (scope analytics.edit). Set both, or make the audience by hand as described.',
      { code: 'no-admin' },
    )
  }
  await connection.pace('admin')
  const { signal, timeoutMs } = connection
  const { status, header, json } = await requestJson({
    method: call.method,
    url: `${adminUrl(connection)}/v1alpha/properties/${propertyId}${call.path}`,
    headers: { authorization: `Bearer ${accessToken}` },
    ...(call.body && { body: Buffer.from(JSON.stringify(call.body)) }),
    signal,
    timeoutMs,
  })
  const named = fault.safeParse(json).data?.error.status ?? ''
  const code = `http ${status}${/^[A-Z_]{1,40}$/.test(named) ? ` ${named}` : ''}`
  if (status < 200 || status >= 300) {
    throw failureOf('Google Analytics Admin API', meaningOf(status), {
      code,
      retryAfterMs: retryAfterMs(header('retry-after')),
    })
  }
  const reply = call.reply.safeParse(json)
  if (!reply.success) throw failureOf('Google Analytics Admin API', unreadable('Google Analytics'), { code })
  return reply.data
}

const fault = z.object({ error: z.object({ status: z.string() }) })

function meaningOf(status: number): Meaning {
  const [kind, what, next] = MEANINGS[status] ?? (status >= 500 || status === 408 ? OWN_ERROR : REFUSED)
  return { kind, what, whose: kind === 'auth' || kind === 'config' ? 'you' : 'this service', next, waitMs: MINUTE }
}

type Line = readonly [kind: Meaning['kind'], what: string, next: string]

const OWN_ERROR: Line = ['retry', 'Google Analytics had an error of its own.', 'Try again later.']
const REFUSED: Line = [
  'config',
  'Google Analytics does not make this audience.',
  'Make it by hand as described, and see there what it says: the property may have its number of audiences or of dimensions.',
]
const MEANINGS: Readonly<Record<number, Line>> = {
  401: ['auth', 'The access token has ended or is none.', 'Give a new one: it ends after an hour.'],
  403: [
    'auth',
    'The access token may not change this property.',
    'Give one of a user who is editor of the property, with the scope analytics.edit, and see that the Admin API is switched on in its project.',
  ],
  404: ['config', 'There is no such property.', 'Check propertyId: the number in the property settings.'],
  429: ['throttled', 'Google Analytics says that too many calls were made.', 'Try again in a minute.'],
}
