import { z } from 'zod'
import type { List, ListPage } from '../define.ts'
import { LISTS_PER_PAGE, MOST_PAGES } from './api.ts'
import { ask } from './calls.ts'
import type { MetaConnection } from './connection.ts'
import { AUDIENCE_FIELDS, type CustomAudience, customAudience, listOf } from './list-facts.ts'
import { listPath } from './list-path.ts'

const page = z.object({
  data: z.array(customAudience),
  paging: z
    .object({
      cursors: z.object({ after: z.string().optional() }).optional(),
      next: z.string().optional(),
    })
    .optional(),
})

type Query = { search?: string; after?: string; limit: number }

/** One page of the ad account's lists; at most 20, because Meta refuses more. */
export async function lists(connection: MetaConnection, query: Query): Promise<ListPage> {
  const { audiences, next } = await audiencesPage(connection, query)
  return { lists: audiences.map(listOf), ...(next !== undefined && { next }) }
}

export async function readList(connection: MetaConnection, listId: string): Promise<List> {
  const audience = await ask(connection, {
    method: 'GET',
    path: listPath(listId),
    query: { fields: AUDIENCE_FIELDS },
    subject: 'list',
    reply: customAudience,
  })
  return listOf(audience)
}

/** Makes an empty customer list; the marker stands in its description. */
export async function createList(connection: MetaConnection, wanted: { name: string; marker: string }): Promise<List> {
  const { id } = await ask(connection, {
    method: 'POST',
    path: [connection.settings.adAccountId, 'customaudiences'],
    body: {
      name: wanted.name,
      subtype: 'CUSTOM',
      customer_file_source: connection.settings.customerFileSource,
      description: descriptionOf(wanted.marker),
    },
    subject: 'account',
    reply: z.object({ id: z.coerce.string() }),
  })
  // Not read back: a failure to read would hide that the list is there.
  return { id, name: wanted.name, usable: true, facts: {} }
}

/**
 * The list that an interrupted `createList` made. It goes through all lists and compares the marker itself: a search by name
 * would miss a list that was renamed meanwhile, and a second list would be made.
 */
export async function findCreated(connection: MetaConnection, wanted: { marker: string }): Promise<List | undefined> {
  let after: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const { audiences, next } = await audiencesPage(connection, {
      ...(after !== undefined && { after }),
      limit: LISTS_PER_PAGE,
    })
    const found = audiences.find((audience) => audience.description?.includes(marked(wanted.marker)))
    if (found) return listOf(found)
    if (next === undefined) return undefined
    after = next
  }
  return undefined
}

const marked = (marker: string) => `[${marker}]`

/** By which an interrupted creation is found again. */
export const descriptionOf = (marker: string) => `Kept in step by Audience Sync ${marked(marker)}`

async function audiencesPage(connection: MetaConnection, { search, after, limit }: Query) {
  const reply = await ask(connection, {
    method: 'GET',
    path: [connection.settings.adAccountId, 'customaudiences'],
    query: {
      fields: AUDIENCE_FIELDS,
      limit: String(Math.max(1, Math.min(limit, LISTS_PER_PAGE))),
      ...(after !== undefined && { after }),
      ...(search && { filtering: JSON.stringify([{ field: 'name', operator: 'CONTAIN', value: search }]) }),
    },
    subject: 'account',
    reply: page,
  })
  const audiences: CustomAudience[] = reply.data
  // The cursor stands on the last page too; only `next` says that there is more.
  const next = reply.paging?.next === undefined ? undefined : reply.paging.cursors?.after
  return { audiences, next }
}
