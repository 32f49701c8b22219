import { z } from 'zod'
import type { BatchMember, Members, Open, Settled } from '../define.ts'
import { DestinationFailure } from '../failure.ts'
import { PROFILES_PER_PAGE } from './api.ts'
import { ask, attempt, thrown } from './calls.ts'
import type { KlaviyoConnection } from './connection.ts'
import { cursorOf } from './lists.ts'
import { finder, importedProfiles, lookUp, profile } from './profiles.ts'

const count = z.coerce.number().nonnegative().optional().catch(undefined)
const job = z.object({
  data: z.object({
    attributes: z.object({ status: z.string(), total_count: count, completed_count: count, failed_count: count }),
  }),
})

const errorsPage = z.object({
  data: z.array(
    z.object({
      attributes: z.object({
        code: z.coerce.string().catch(''),
        // of the payload only what the profile is known by is read
        original_payload: profile.shape.attributes.optional().catch(undefined),
        source: z.object({ pointer: z.string().catch('') }).catch({ pointer: '' }),
      }),
    }),
  ),
  links: z.object({ next: z.string().nullish() }).optional().catch(undefined),
})

const LEAST_WAIT_MS = 15_000
const MOST_WAIT_MS = 10 * 60_000

/** Follows an import to its end, and reads the ids of its profiles back: nobody is confirmed without one. */
export async function settle(connection: KlaviyoConnection, open: Open): Promise<Settled> {
  const result = await attempt(connection, {
    method: 'GET',
    path: jobPath(open.reference),
    endpoint: 'job',
    reply: job,
  })
  // a job that Klaviyo has forgotten: whoever has a profile is in the list, the rest is sent again
  if ('fault' in result && result.fault.status === 404) return byLookUp(connection, open)
  if ('fault' in result) throw thrown(result.fault)
  const { status } = result.reply.data.attributes
  if (status === 'cancelled') return { state: 'unconfirmed' }
  if (status !== 'complete') return { state: 'pending', askAgainAfterMs: waitOf(open) }
  const people = await open.members()
  const refused = await refusedBy(connection, open.reference, people)
  const ids = await idsOf(connection, open.reference, people)
  return wordOn(people, ids, refused)
}

const jobPath = (jobId: string) => `/api/profile-bulk-import-jobs/${encodeURIComponent(jobId)}`

function waitOf({ sentAt }: Open): number {
  return Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, (Date.now() - sentAt.getTime()) / 2))
}

type Refused = { readonly members: Map<string, string>; readonly unnamed: number }

/** Members that the import refused, with the reason; errors that name nobody of ours are counted. */
async function refusedBy(connection: KlaviyoConnection, jobId: string, people: Members): Promise<Refused> {
  const find = finder(people)
  const members = new Map<string, string>()
  let unnamed = 0
  let cursor: string | undefined
  do {
    const query = new URLSearchParams({
      'page[size]': String(PROFILES_PER_PAGE),
      ...(cursor !== undefined && { 'page[cursor]': cursor }),
    })
    const reply: z.output<typeof errorsPage> = await ask(connection, {
      method: 'GET',
      path: `${jobPath(jobId)}/import-errors?${query}`,
      endpoint: 'jobErrors',
      reply: errorsPage,
    })
    for (const { attributes } of reply.data) {
      const member: BatchMember | undefined = attributes.original_payload && find(attributes.original_payload)
      const attribute = /([a-z_]+)$/.exec(attributes.source.pointer)?.[1]
      if (member)
        members.set(
          member.key,
          `Klaviyo refused ${attribute ? `the ${attribute}` : 'the profile'} (${attributes.code || 'invalid'})`,
        )
      else unnamed++
    }
    cursor = cursorOf(reply.links?.next)
  } while (cursor !== undefined)
  return { members, unnamed }
}

/** The ids of the import's profiles by member; where its results have expired, looked up instead. */
async function idsOf(connection: KlaviyoConnection, jobId: string, people: Members): Promise<Map<string, string>> {
  const find = finder(people)
  const ids = new Map<string, string>()
  try {
    for await (const { id, attributes } of importedProfiles(connection, jobId)) {
      const member = find(attributes)
      if (member) ids.set(member.key, id)
    }
  } catch (error) {
    // gone like the job itself: what is missing is looked up below
    if (!(error instanceof DestinationFailure && error.listGone)) throw error
  }
  const missing = people.members.filter(({ key }) => !ids.has(key))
  for (const [key, id] of await lookUp(connection, { ...people, members: missing })) ids.set(key, id)
  return ids
}

function wordOn({ members }: Members, ids: Map<string, string>, refused: Refused): Settled {
  const rejected = new Map(refused.members)
  for (const { key } of members) {
    if (!ids.has(key) && !rejected.has(key))
      rejected.set(key, 'Klaviyo finished the import and has no profile for this person')
  }
  for (const key of rejected.keys()) ids.delete(key)
  const reasons: Record<string, number> = {}
  for (const reason of rejected.values()) reasons[reason] = (reasons[reason] ?? 0) + 1
  return {
    state: 'confirmed',
    received: members.length,
    refused: rejected.size,
    rejected,
    ids,
    ...(rejected.size > 0 && { reasons }),
    ...(refused.unnamed > 0 && { notes: { 'Errors of the import that name nobody of this batch': refused.unnamed } }),
  }
}

/** The import is forgotten at Klaviyo: profiles say who was imported, and without any it never was. */
async function byLookUp(connection: KlaviyoConnection, open: Open): Promise<Settled> {
  const people = await open.members()
  const ids = await lookUp(connection, people)
  if (ids.size < people.members.length) return { state: 'unconfirmed' }
  return { state: 'confirmed', received: people.members.length, refused: 0, ids }
}
