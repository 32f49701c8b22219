import { z } from 'zod'
import type { List, ListPage, WantedList } from '../define.ts'
import { DestinationFailure } from '../failure.ts'
import { markedName } from '../marked-name.ts'
import { LONGEST_NAME } from './api.ts'
import { ask } from './calls.ts'
import type { KlaviyoConnection } from './connection.ts'

const text = z.string().optional().catch(undefined)
const list = z.object({
  id: z.string().min(1),
  attributes: z.object({
    name: z.string().catch('(without a name)'),
    created: text,
    updated: text,
    opt_in_process: text,
    profile_count: z.number().optional().catch(undefined),
  }),
})
const page = z.object({
  data: z.array(list),
  links: z.object({ next: z.string().nullish() }).optional().catch(undefined),
})

/** Klaviyo has ten lists on a page and no search by a part of a name: so many pages are looked through at the most. */
const MOST_PAGES = 100

const OPT_IN: Readonly<Record<string, string>> = {
  single_opt_in: 'single opt-in',
  double_opt_in: 'double opt-in: who subscribes is asked to confirm (membership from here is no subscription)',
}

const listOf = ({ id, attributes }: z.output<typeof list>): List => ({
  id,
  name: attributes.name,
  usable: true,
  facts: {
    Profiles: attributes.profile_count ?? null,
    'Opt-in': attributes.opt_in_process ? (OPT_IN[attributes.opt_in_process] ?? attributes.opt_in_process) : null,
    Made: attributes.created ?? null,
    'List changed': attributes.updated ?? null,
  },
})

/** The cursor in a link to the next page. Only the cursor is taken: an address from an answer is never followed. */
export function cursorOf(next: string | null | undefined): string | undefined {
  if (!next || !URL.canParse(next, 'https://a.klaviyo.com')) return undefined
  return new URL(next, 'https://a.klaviyo.com').searchParams.get('page[cursor]') ?? undefined
}

async function listsPage(connection: KlaviyoConnection, query: Record<string, string>) {
  const reply = await ask(connection, {
    method: 'GET',
    path: `/api/lists?${new URLSearchParams(query)}`,
    endpoint: 'lists',
    reply: page,
  })
  return { lists: reply.data.map(listOf), next: cursorOf(reply.links?.next) }
}

/** A page of lists, ten at most; with a search, those of all pages whose name has it. */
export async function lists(
  connection: KlaviyoConnection,
  { search, after, limit }: { search?: string; after?: string; limit: number },
): Promise<ListPage> {
  if (search === undefined) {
    const { lists: found, next } = await listsPage(connection, after === undefined ? {} : { 'page[cursor]': after })
    return { lists: found, ...(next !== undefined && { next }) }
  }
  const wanted = search.toLowerCase()
  const found: List[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < MOST_PAGES && found.length < limit; pages++) {
    const { lists: some, next }: Awaited<ReturnType<typeof listsPage>> = await listsPage(
      connection,
      cursor === undefined ? {} : { 'page[cursor]': cursor },
    )
    found.push(...some.filter(({ name }) => name.toLowerCase().includes(wanted)))
    if (next === undefined) break
    cursor = next
  }
  return { lists: found.slice(0, limit) }
}

export async function readList(connection: KlaviyoConnection, listId: string): Promise<List> {
  const reply = await ask(connection, {
    method: 'GET',
    path: `${listPath(listId)}?${new URLSearchParams({ 'additional-fields[list]': 'profile_count' })}`,
    ofList: true,
    endpoint: 'listSize',
    reply: z.object({ data: list }),
  })
  return listOf(reply.data)
}

/** Makes an empty list. Klaviyo keeps nothing beside the name, so the marker's own part stands in it. */
export async function createList(connection: KlaviyoConnection, wanted: WantedList): Promise<List> {
  const reply = await ask(connection, {
    method: 'POST',
    path: '/api/lists',
    body: { data: { type: 'list', attributes: { name: markedName(wanted, LONGEST_NAME) } } },
    endpoint: 'createList',
    reply: z.object({ data: list }),
  })
  return listOf(reply.data)
}

/** The list that an interrupted `createList` made. */
export async function findCreated(connection: KlaviyoConnection, wanted: WantedList): Promise<List | undefined> {
  const name = markedName(wanted, LONGEST_NAME)
  const { lists: found } = await listsPage(connection, { filter: `equals(name,${JSON.stringify(name)})` })
  return found.find((one) => one.name === name)
}

/** The list's place in the API; an id of another form would reach another place. */
export function listPath(listId: string): string {
  if (/^[A-Za-z0-9]{1,40}$/.test(listId)) return `/api/lists/${listId}`
  throw new DestinationFailure(
    'config',
    'A list at Klaviyo is named by letters and digits, and this id is not. Choose a list of the account, or let a new one be made.',
    { code: 'list-id' },
  )
}
