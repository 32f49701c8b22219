import { z } from 'zod'
import type { List, ListPage, WantedList } from '../define.ts'
import { markedName } from '../marked-name.ts'
import { failureOf } from '../meaning.ts'
import { LISTS_PER_PAGE, LONGEST_NAME } from './api.ts'
import { ask } from './calls.ts'
import type { TikTokConnection } from './connection.ts'
import { LIST_GONE } from './error-table.ts'
import { audience, listOf } from './list-facts.ts'

/** A search looks through so many pages of names at the most: TikTok has no search of its own. */
const MOST_PAGES = 100

const page = z.object({
  list: z.array(audience).catch([]),
  page_info: z.object({ page: z.coerce.number(), total_page: z.coerce.number() }).optional().catch(undefined),
})

async function audiencesPage(connection: TikTokConnection, number: number, size: number) {
  const reply = await ask(connection, {
    method: 'GET',
    path: '/dmp/custom_audience/list/',
    query: { advertiser_id: connection.settings.advertiserId, page: String(number), page_size: String(size) },
    reply: page,
  })
  return { audiences: reply.list, more: number < (reply.page_info?.total_page ?? 1) }
}

/** One page of the advertiser's audiences; with a search, those of all pages whose name has it. */
export async function lists(
  connection: TikTokConnection,
  { search, after, limit }: { search?: string; after?: string; limit: number },
): Promise<ListPage> {
  if (search !== undefined) {
    const wanted = search.toLowerCase()
    const found = await firstOfAll(connection, limit, ({ name }) => name.toLowerCase().includes(wanted))
    return { lists: found }
  }
  const number = /^[1-9][0-9]{0,6}$/.test(after ?? '') ? Number(after) : 1
  const { audiences, more } = await audiencesPage(connection, number, Math.max(1, Math.min(limit, LISTS_PER_PAGE)))
  return { lists: audiences.map(listOf), ...(more && { next: String(number + 1) }) }
}

async function firstOfAll(connection: TikTokConnection, limit: number, fits: (list: List) => boolean): Promise<List[]> {
  const found: List[] = []
  for (let number = 1; number <= MOST_PAGES && found.length < limit; number++) {
    const { audiences, more } = await audiencesPage(connection, number, LISTS_PER_PAGE)
    found.push(...audiences.map(listOf).filter(fits))
    if (!more) break
  }
  return found.slice(0, limit)
}

// TikTok wraps what it tells of one audience; the connectors that read it disagree about how, so that both are taken.
const details = z.object({
  list: z.array(z.union([z.object({ audience_details: audience }).transform((one) => one.audience_details), audience])),
})

/** @throws DestinationFailure `listGone` where the advertiser has no such audience */
export async function readList(connection: TikTokConnection, listId: string): Promise<ReturnType<typeof listOf>> {
  const { list } = await ask(connection, {
    method: 'GET',
    path: '/dmp/custom_audience/get/',
    query: {
      advertiser_id: connection.settings.advertiserId,
      custom_audience_ids: JSON.stringify([listId]),
    },
    reply: details,
  })
  const [found] = list.map(listOf).filter(({ id }) => id === listId)
  if (!found) throw failureOf('TikTok', LIST_GONE, { code: 'not-listed' })
  return found
}

/** Makes an empty audience for streaming. TikTok keeps no description, so the marker's own part stands in the name. */
export async function createList(connection: TikTokConnection, wanted: WantedList): Promise<List> {
  const name = markedName(wanted, LONGEST_NAME)
  const made = await ask(connection, {
    method: 'POST',
    path: '/segment/audience/',
    body: { custom_audience_name: name, advertiser_id: connection.settings.advertiserId, action: 'create' },
    reply: z.object({ audience_id: z.coerce.string().min(1) }),
  })
  return { id: made.audience_id, name, usable: true, facts: {} }
}

/** The audience that an interrupted `createList` made. */
export async function findCreated(connection: TikTokConnection, wanted: WantedList): Promise<List | undefined> {
  const name = markedName(wanted, LONGEST_NAME)
  const [found] = await firstOfAll(connection, 1, (list) => list.name === name)
  return found
}
