import { z } from 'zod'
import type { List, ListPage, WantedList } from '../define.ts'
import { DestinationFailure } from '../failure.ts'
import { failureOf } from '../meaning.ts'
import { LISTS_PER_PAGE } from './api.ts'
import { ask } from './calls.ts'
import { accountUrn, type LinkedInConnection } from './connection.ts'
import { VERSION_ENDED } from './error-table.ts'
import { typeFor } from './identifiers.ts'
import { listOf, segment } from './list-facts.ts'
import { segmentPath } from './segment-path.ts'

const page = z.object({
  elements: z.array(segment),
  paging: z
    .object({ total: z.coerce.number().optional().catch(undefined) })
    .optional()
    .catch(undefined),
})

/** A search looks through so many pages at the most: LinkedIn has no search by a part of the name. */
const MOST_PAGES = 50

type Where = { readonly start: number; readonly count: number; readonly marker?: string }

async function segmentsPage(connection: LinkedInConnection, { start, count, marker }: Where) {
  const query = new URLSearchParams({
    q: 'account',
    account: accountUrn(connection),
    ...(marker !== undefined && { sourcePlatform: connection.settings.sourcePlatform, sourceSegmentId: marker }),
    start: String(start),
    count: String(count),
  })
  const { reply } = await ask(connection, {
    method: 'GET',
    path: `/dmpSegments?${query}`,
    subject: 'account',
    reply: page,
  })
  const next = start + count
  const more = reply.paging?.total === undefined ? reply.elements.length === count : next < reply.paging.total
  return { segments: reply.elements, next: more ? next : undefined }
}

/** A page of the account's segments; with a search, those of all pages whose name has it. */
export async function lists(
  connection: LinkedInConnection,
  { search, after, limit }: { search?: string; after?: string; limit: number },
): Promise<ListPage> {
  const start = /^[0-9]{1,7}$/.test(after ?? '') ? Number(after) : 0
  if (search === undefined) {
    const { segments, next } = await segmentsPage(connection, { start, count: Math.min(limit, LISTS_PER_PAGE) })
    return { lists: segments.map(listOf), ...(next !== undefined && { next: String(next) }) }
  }
  const wanted = search.toLowerCase()
  const found: List[] = []
  let at: number | undefined = 0
  for (let pages = 0; pages < MOST_PAGES && at !== undefined && found.length < limit; pages++) {
    const { segments, next }: Awaited<ReturnType<typeof segmentsPage>> = await segmentsPage(connection, {
      start: at,
      count: LISTS_PER_PAGE,
    })
    found.push(...segments.map(listOf).filter(({ name }) => name.toLowerCase().includes(wanted)))
    at = next
  }
  return { lists: found.slice(0, limit) }
}

/** @throws DestinationFailure `listGone` where there is no such segment */
export async function readList(connection: LinkedInConnection, listId: string): Promise<List> {
  const { reply } = await ask(connection, {
    method: 'GET',
    path: segmentPath(listId),
    subject: 'list',
    reply: segment,
  })
  return listOf(reply)
}

/** Makes a segment, of people or of companies as the mapping says. Its id comes in a header. */
export async function createList(connection: LinkedInConnection, wanted: WantedList): Promise<List> {
  const type = typeFor(wanted.identifiers)
  if (type === undefined) {
    throw new DestinationFailure(
      'config',
      'A segment at LinkedIn holds people or companies, not both: map either identifiers of people or those of companies.',
      { code: 'two-kinds' },
    )
  }
  const { header } = await ask(connection, {
    method: 'POST',
    path: '/dmpSegments',
    body: {
      name: wanted.name,
      account: accountUrn(connection),
      sourcePlatform: connection.settings.sourcePlatform,
      sourceSegmentId: wanted.marker,
      type,
      accessPolicy: 'PRIVATE',
      destinations: [{ destination: 'LINKEDIN' }],
    },
    subject: 'account',
    reply: z.unknown(),
  })
  const id = header('x-restli-id') ?? header('x-linkedin-id')
  if (!id)
    throw failureOf(
      'LinkedIn',
      {
        ...VERSION_ENDED,
        kind: 'retry',
        what: 'LinkedIn made a segment and did not tell its id.',
        next: 'It is found by its marker when this is repeated.',
      },
      { code: 'no-id' },
    )
  return listOf(segment.parse({ id, name: wanted.name, type }))
}

/** The segment that an interrupted `createList` made: LinkedIn finds it by our own id of it. */
export async function findCreated(connection: LinkedInConnection, wanted: WantedList): Promise<List | undefined> {
  const { segments } = await segmentsPage(connection, { start: 0, count: 10, marker: wanted.marker })
  const [found] = segments.filter(
    ({ sourceSegmentId }) => sourceSegmentId === undefined || sourceSegmentId === wanted.marker,
  )
  return found && listOf(found)
}
