import { failureOf, type Meaning } from '../meaning.ts'
import { post } from '../outbound.ts'
import { retryAfterMs } from '../retry-after.ts'
import { endpointOf, type SegmentConnection } from './connection.ts'
import { mayBeRows, meaningOf } from './error-table.ts'

type Fault = { readonly status: number; readonly meaning: Meaning; readonly retryAfterMs: number | undefined }

/** Sends one body; undefined where it was taken. */
export async function attempt(connection: SegmentConnection, body: Buffer): Promise<Fault | undefined> {
  await connection.pace('write')
  const { status, header } = await post(
    {
      url: `${endpointOf(connection)}/v1/batch`,
      headers: { authorization: `Basic ${Buffer.from(`${connection.credentials.writeKey}:`).toString('base64')}` },
      body,
    },
    connection,
  )
  if (status >= 200 && status < 300) return undefined
  return { status, meaning: meaningOf(status), retryAfterMs: retryAfterMs(header('retry-after')) }
}

/** @throws DestinationFailure where it was not taken */
export async function sendBody(connection: SegmentConnection, body: Buffer): Promise<void> {
  const fault = await attempt(connection, body)
  if (!fault) return
  throw failureOf('Segment API', fault.meaning, {
    code: `http ${fault.status}`,
    retryAfterMs: fault.retryAfterMs,
    rowsSuspect: mayBeRows(fault.status),
  })
}
