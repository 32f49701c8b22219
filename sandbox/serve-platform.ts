import type { ServerResponse } from 'node:http'
import type { Clock } from './clock.ts'
import { cut, readBody, waitWhileConnected } from './connection.ts'
import type { Fault, Faults } from './faults.ts'
import type { Store } from './keep/store.ts'
import type { Answer, Arrival, Call, Disturbance, Platform, Refusal } from './platform.ts'
import type { LoggedRequest, RequestLog } from './request-log.ts'
import { loggablePath } from './request-log.ts'

/** A client that set no time-out of its own is let go after this. */
const LONGEST_SILENCE_MS = 120_000
const SLOW_MS = 2_000
const LARGE_BODY_BYTES = 1024 * 1024 * 1024
const CHUNK_BYTES = 64 * 1024

export interface Served {
  name: string
  platform: Platform
  clock: Clock
  store: Store
}

export interface Desk {
  log: RequestLog
  faults: Faults
}

type Incoming = Parameters<typeof readBody>[0]

/**
 * Takes one request through the log, the faults and the platform. Resolves to the answer to send, or to undefined when
 * the connection was cut instead.
 */
export async function servePlatform(
  { name, platform, clock, store }: Served,
  { log, faults }: Desk,
  incoming: Incoming,
  outgoing: ServerResponse,
): Promise<Response | undefined> {
  const url = new URL(incoming.url ?? '/', 'http://sandbox')
  const method = incoming.method ?? 'GET'
  const path = url.pathname.slice(name.length + 1) || '/'
  const logged = log.open({
    time: new Date(clock.now()).toISOString(),
    platform: name,
    method,
    path: loggablePath(url.pathname, url.searchParams),
  })
  const body = await readBody(incoming)
  if (body === undefined) return send(platform.tooLarge(), logged)
  const opened = platform.open({
    method,
    path,
    query: url.searchParams,
    headers: incoming.headers,
    body,
    origin: `http://${incoming.headers.host ?? 'localhost'}/${name}`,
  } satisfies Arrival)
  const call = keeping(opened, store)
  logged.operation = call.operation
  const fault = faults.draw({ platform: name, method, path: url.pathname, operation: call.operation })
  logged.fault = fault?.fault ?? null
  return fault === undefined ? send(work(call, logged), logged) : disturb(fault, call, logged, outgoing)
}

/** The call, whose work is kept before anybody hears that it was done. */
function keeping(call: Call, store: Store): Call {
  return {
    ...call,
    perform: (options) => {
      const answer = call.perform(options)
      store.commit()
      return answer
    },
  }
}

function work(call: Call, logged: LoggedRequest, disturbance: Disturbance = { rejectRows: 0 }): Answer {
  const answer = call.perform(disturbance)
  logged.worked = true
  logged.received = answer.note?.received ?? null
  logged.invalid = answer.note?.invalid ?? null
  logged.session_id = answer.note?.sessionId ?? null
  logged.batch_seq = answer.note?.batchSeq ?? null
  return answer
}

async function disturb(
  fault: Fault,
  call: Call,
  logged: LoggedRequest,
  outgoing: ServerResponse,
): Promise<Response | undefined> {
  switch (fault.fault) {
    case 'html_error':
      logged.status = fault.status ?? 502
      return new Response('<!DOCTYPE html><html><body><h1>Sorry, something went wrong.</h1></body></html>', {
        status: logged.status,
        // With a 403 it is what Cloudflare answers to whom it takes for a robot.
        headers: {
          'content-type': 'text/html; charset=utf-8',
          ...(logged.status === 403 ? { 'cf-mitigated': 'challenge' } : {}),
        },
      })
    case 'timeout':
      await waitWhileConnected(outgoing, fault.ms ?? LONGEST_SILENCE_MS)
      return cut(outgoing) ?? undefined
    case 'drop_before':
      return cut(outgoing) ?? undefined
    case 'drop_after':
      work(call, logged)
      return cut(outgoing) ?? undefined
    case 'drop_after_slow':
      work(call, logged)
      await waitWhileConnected(outgoing, fault.ms ?? SLOW_MS)
      return cut(outgoing) ?? undefined
    case 'slow': {
      // The work is done at once and only its answer is late: the harder case for a client that gives up waiting.
      const answer = work(call, logged)
      await waitWhileConnected(outgoing, fault.ms ?? SLOW_MS)
      return outgoing.socket?.destroyed === false ? send(answer, logged) : undefined
    }
    case 'truncated': {
      // The connection ends well: only the JSON tells that a half is missing.
      const answer = work(call, logged)
      const text = textOf(answer)
      return sendText(answer, logged, text?.slice(0, Math.ceil(text.length / 2)) ?? null)
    }
    case 'large_body': {
      const { status, headers } = work(call, logged)
      // A 204 has no body: the client is told the success that may have one.
      logged.status = status === 204 ? 200 : status
      return new Response(endless(fault.bytes ?? LARGE_BODY_BYTES), {
        status: logged.status,
        headers: { 'content-type': 'application/json', ...headers },
      })
    }
    case 'redirect':
      logged.status = fault.status ?? 302
      return new Response(null, { status: logged.status, headers: { location: fault.location ?? '' } })
    case 'reject_rows':
      return send(work(call, logged, { rejectRows: fault.count ?? 1, reason: fault.reason }), logged)
    default:
      return send(refuse(fault.fault, fault, call), logged)
  }
}

function refuse(refusal: Refusal, fault: Fault, call: Call): Answer {
  const { regain_minutes, regain_seconds, code, subcode, status, reason, count } = fault
  const regainMinutes = regain_seconds === undefined ? regain_minutes : regain_seconds / 60
  return call.refuse(refusal, { regainMinutes, code, subcode, status, reason, count })
}

/** So many bytes, made as fast as they are taken. */
function endless(bytes: number): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(CHUNK_BYTES).fill(0x20)
  let left = bytes
  return new ReadableStream({
    pull: (controller) => {
      if (left === 0) return controller.close()
      const size = Math.min(left, CHUNK_BYTES)
      left -= size
      controller.enqueue(chunk.subarray(0, size))
    },
  })
}

function send(answer: Answer, logged: LoggedRequest): Response {
  return sendText(answer, logged, textOf(answer))
}

/** The JSON of an answer; null for one without a body. */
function textOf({ body }: Answer): string | null {
  return body === undefined ? null : JSON.stringify(body)
}

function sendText({ status, headers }: Answer, logged: LoggedRequest, text: string | null): Response {
  logged.status = status
  if (text === null) return new Response(null, { status, headers: headers ?? {} })
  return new Response(text, { status, headers: { 'content-type': 'application/json; charset=UTF-8', ...headers } })
}
