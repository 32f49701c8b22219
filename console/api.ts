import { createClient } from '../api/client.ts'
import { problemOf } from './problem.ts'

/** The product's API; the browser's session stands for the key. */
export const api = createClient(location.origin).v1

type Answer = { readonly ok: boolean; readonly status: number; readonly json: () => Promise<unknown> }

type Body<A extends Answer> = Awaited<ReturnType<A['json']>>

/** What a call was answered. @throws Problem when it was refused, or when nobody answered */
export async function answer<A extends Answer>(call: Promise<A>): Promise<Body<A>> {
  const response = await call.catch(() => undefined)
  const body =
    response === undefined || response.status === 204 ? undefined : await response.json().catch(() => undefined)
  if (response?.ok) return typed<Body<A>>(body)
  throw problemOf(response?.status ?? 0, body)
}

// The type is that of the route which has answered; the compiler loses it in `catch`.
const typed = <T>(body: unknown) => body as T
