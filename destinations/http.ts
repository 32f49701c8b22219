import { setMaxListeners } from 'node:events'
import { Agent, type Dispatcher, request as send } from 'undici'
import { DestinationFailure } from './failure.ts'

// An agent of our own: its connections are kept open between the requests of a delivery, and nobody else's settings reach it.
const agent = new Agent({ connections: 32, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 })

/** The largest answer that is read; platforms answer in kilobytes, more is not an answer. */
const LARGEST_ANSWER = 8 * 1024 * 1024

export type JsonRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes of JSON, unless a content type among the headers says otherwise. */
  readonly body?: Buffer
  readonly signal: AbortSignal
  /** From the first byte sent to the last byte received, in milliseconds. */
  readonly timeoutMs: number
  /** Largest answer in bytes that is read. */
  readonly largestAnswer?: number
}

/** `json` is undefined where the answer is empty or not JSON; what it said instead goes no further. */
export type Answer = {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly json: unknown
}

/**
 * One HTTP request with a JSON answer of any status. No answer at all (refused, dropped, too late, stopped, too large) is a
 * `DestinationFailure` of kind `retry`; what a status or a body means is for the caller to say.
 */
export const requestJson = (request: JsonRequest): Promise<Answer> =>
  exchange(request, agent, async (body, { status, header, host }) => {
    const text = await readText(body, request.largestAnswer ?? LARGEST_ANSWER, host)
    return { status, header, json: parseJson(text) }
  })

type Head = Pick<Answer, 'status' | 'header'> & { readonly host: string }

/** One HTTP request over `dispatcher`, whose answer `read` takes in before the time is over; failures as of `requestJson`. */
export async function exchange<T>(
  request: Omit<JsonRequest, 'largestAnswer'>,
  dispatcher: Dispatcher,
  read: (body: Dispatcher.ResponseData['body'], head: Head, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { host } = new URL(request.url)
  const stop = new AbortController()
  const onAbort = () => stop.abort()
  const timer = setTimeout(() => stop.abort(), request.timeoutMs)
  // A listener that is taken off again: the signal of a long activity outlives thousands of requests. As many listen to it as
  // requests are on their way, which is no leak.
  setMaxListeners(0, request.signal)
  request.signal.addEventListener('abort', onAbort)
  if (request.signal.aborted) onAbort()
  try {
    const answer = await send(request.url, {
      method: request.method,
      headers: {
        accept: 'application/json',
        ...(request.body && { 'content-type': 'application/json' }),
        ...request.headers,
      },
      body: request.body ?? null,
      dispatcher,
      signal: stop.signal,
    })
    const header = (name: string) => firstOf(answer.headers[name.toLowerCase()])
    return await read(answer.body, { status: answer.statusCode, header, host }, stop.signal)
  } catch (error) {
    if (error instanceof DestinationFailure) throw error
    throw noAnswer(error, host, { stopped: request.signal.aborted, late: stop.signal.aborted, ...request })
  } finally {
    clearTimeout(timer)
    request.signal.removeEventListener('abort', onAbort)
  }
}

/** A form, as OAuth servers take it. */
export const requestForm = ({
  form,
  ...request
}: Pick<JsonRequest, 'url' | 'signal' | 'timeoutMs'> & { form: Readonly<Record<string, string>> }): Promise<Answer> =>
  requestJson({
    ...request,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(form).toString()),
  })

async function readText(body: AsyncIterable<Buffer> & { destroy(): unknown }, largest: number, host: string) {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    if (size > largest) {
      body.destroy()
      throw new DestinationFailure(
        'retry',
        `${host} answered with more than ${largest} bytes, which is no answer of its API. The request is repeated later.`,
        { code: 'answer-too-large' },
      )
    }
    parts.push(part)
  }
  return Buffer.concat(parts, size).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const firstOf = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)

type Ended = { stopped: boolean; late: boolean; timeoutMs: number }

// Only the error's code goes on: its message may hold what was sent.
function noAnswer(error: unknown, host: string, { stopped, late, timeoutMs }: Ended): DestinationFailure {
  if (stopped) {
    return new DestinationFailure('retry', `The request to ${host} was stopped from our side before its answer came.`, {
      code: 'stopped',
    })
  }
  if (late) {
    return new DestinationFailure(
      'retry',
      `${host} did not answer within ${timeoutMs / 1000} s. The request is repeated by itself.`,
      { code: 'timeout' },
    )
  }
  const code = codeOf(error)
  return new DestinationFailure(
    'retry',
    `${host} could not be reached, or dropped the connection (${code}). The request is repeated by itself; if this goes on, check the network and the address.`,
    { code },
  )
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.name
}
