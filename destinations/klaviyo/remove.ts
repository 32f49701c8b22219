import { z } from 'zod'
import type { Batch, Receipt } from '../define.ts'
import { attempt, thrown } from './calls.ts'
import type { KlaviyoConnection } from './connection.ts'
import { listPath } from './lists.ts'
import { lookUp, profilesBy } from './profiles.ts'

/**
 * Takes members out of the list by the ids of their profiles. Ids that Klaviyo does not know any more belong to profiles that
 * were deleted or merged: those members are looked up again by what they are known by, and where there is no profile, there is
 * nobody to remove.
 */
export async function remove(connection: KlaviyoConnection, batch: Batch): Promise<Receipt> {
  const known = new Map(batch.members.flatMap(({ key, id }) => (id === undefined ? [] : [[key, id] as const])))
  const nameless = batch.members.filter(({ key }) => !known.has(key))
  for (const [key, id] of await lookUp(connection, { ...batch, members: nameless })) known.set(key, id)
  const stale = await takeOut(connection, batch.listId, known)
  const again = batch.members.filter(({ key }) => stale.has(key))
  const found = await lookUp(connection, { ...batch, members: again })
  const still = await takeOut(connection, batch.listId, found)
  return {
    state: 'confirmed',
    received: batch.members.length,
    refused: still.size,
    ...(still.size > 0 && {
      rejected: new Map([...still].map((key) => [key, 'Klaviyo does not know the profile that it named'])),
    }),
  }
}

/** Removes these ids, by member key, and answers with the keys of those that Klaviyo does not know. */
async function takeOut(
  connection: KlaviyoConnection,
  listId: string,
  ids: ReadonlyMap<string, string>,
): Promise<Set<string>> {
  if (ids.size === 0) return new Set()
  const result = await attempt(connection, {
    method: 'DELETE',
    path: `${listPath(listId)}/relationships/profiles`,
    ofList: true,
    body: { data: [...new Set(ids.values())].map((id) => ({ type: 'profile', id })) },
    endpoint: 'remove',
    reply: z.unknown(),
  })
  if (!('fault' in result)) return new Set()
  // one unknown id makes Klaviyo refuse the whole request
  if (result.fault.status !== 400) throw thrown(result.fault)
  const unknown = await unknownOf(connection, ids, result.fault.complaints.map(({ detail }) => detail).join(' '))
  if (unknown.size === 0) throw thrown(result.fault)
  const rest = new Map([...ids].filter(([key]) => !unknown.has(key)))
  const more = await takeOut(connection, listId, rest)
  return new Set([...unknown, ...more])
}

/** Those whose id stands in Klaviyo's sentence; where it names none, those without a profile of that id. */
async function unknownOf(
  connection: KlaviyoConnection,
  ids: ReadonlyMap<string, string>,
  sentence: string,
): Promise<Set<string>> {
  const words = new Set(sentence.split(/[^A-Za-z0-9_-]+/))
  const named = [...ids].filter(([, id]) => words.has(id))
  if (named.length > 0) return new Set(named.map(([key]) => key))
  const there = new Set((await profilesBy(connection, 'id', [...new Set(ids.values())])).map(({ id }) => id))
  return new Set([...ids].flatMap(([key, id]) => (there.has(id) ? [] : [key])))
}
