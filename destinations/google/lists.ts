import { z } from 'zod'
import type { List, ListPage, WantedList } from '../define.ts'
import { DestinationFailure } from '../failure.ts'
import { LISTS_PER_PAGE } from './api.ts'
import { ask } from './calls.ts'
import type { GoogleConnection, SyncSettings } from './connection.ts'
import { type Kind, kindFor } from './identifiers.ts'
import { listOf, type UserList, userList } from './list-facts.ts'

const page = z.object({ userLists: z.array(userList).catch([]), nextPageToken: z.string().optional().catch(undefined) })

/** So many pages of 1,000 are looked through at the most. */
const MOST_PAGES = 50
const DAY_SECONDS = 86_400

const parent = ({ settings }: Pick<GoogleConnection, 'settings'>) =>
  `accountTypes/GOOGLE_ADS/accounts/${settings.accountId}/userLists`

async function listsPage(connection: GoogleConnection, { token, size }: { token?: string | undefined; size: number }) {
  const reply = await ask(connection, {
    method: 'GET',
    path: parent(connection),
    query: { pageSize: String(size), ...(token && { pageToken: token }) },
    counts: 'other',
    reply: page,
  })
  return { lists: reply.userLists, next: reply.nextPageToken || undefined }
}

/** The first lists of the account that fit, through all its pages. */
async function firstOfAll(
  connection: GoogleConnection,
  most: number,
  fits: (list: UserList) => boolean,
): Promise<List[]> {
  const found: List[] = []
  let token: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const { lists, next }: Awaited<ReturnType<typeof listsPage>> = await listsPage(connection, {
      token,
      size: LISTS_PER_PAGE,
    })
    found.push(...lists.filter(fits).map(listOf))
    if (found.length >= most || next === undefined) break
    token = next
  }
  return found.slice(0, most)
}

/** A page of the account's lists; with a search, those of all pages whose name has it. */
export async function lists(
  connection: GoogleConnection,
  { search, after, limit }: { search?: string; after?: string; limit: number },
): Promise<ListPage> {
  if (search !== undefined) {
    const wanted = search.toLowerCase()
    return {
      lists: await firstOfAll(connection, limit, ({ displayName }) => displayName.toLowerCase().includes(wanted)),
    }
  }
  const { lists: found, next } = await listsPage(connection, { token: after, size: Math.min(limit, LISTS_PER_PAGE) })
  return { lists: found.map(listOf), ...(next !== undefined && { next }) }
}

export async function readList(connection: GoogleConnection, listId: string): Promise<List> {
  if (!/^[0-9]{1,30}$/.test(listId)) {
    throw new DestinationFailure(
      'config',
      'A list at Google is named by a number, and this id is none. Choose a list of the account, or let a new one be made.',
      { code: 'list-id' },
    )
  }
  const reply = await ask(connection, {
    method: 'GET',
    path: `${parent(connection)}/${listId}`,
    counts: 'other',
    reply: userList,
  })
  return listOf(reply)
}

/** Makes an empty list of the kind that the mapping needs; the marker stands in its description. */
export async function createList(connection: GoogleConnection, wanted: WantedList<SyncSettings>): Promise<List> {
  const kind = kindFor(wanted.identifiers)
  if (kind === undefined) {
    throw new DestinationFailure(
      'config',
      'A list at Google holds contact data, mobile ids or user ids, not several of them: map identifiers of one kind.',
      { code: 'several-kinds' },
    )
  }
  const reply = await ask(connection, {
    method: 'POST',
    path: parent(connection),
    body: {
      displayName: wanted.name,
      description: `Kept in step by Audience Sync ${marked(wanted.marker)}`,
      membershipDuration: `${wanted.settings.membershipDays * DAY_SECONDS}s`,
      ingestedUserListInfo: { uploadKeyTypes: [kind], ...infoOf(kind, wanted.settings) },
    },
    counts: 'other',
    reply: userList,
  })
  return listOf(reply)
}

const FIRST_PARTY = { dataSourceType: 'DATA_SOURCE_TYPE_FIRST_PARTY' }

function infoOf(kind: Kind, { mobileAppId, mobileSystem }: SyncSettings): Record<string, unknown> {
  if (kind === 'CONTACT_ID') return { contactIdInfo: FIRST_PARTY }
  if (kind === 'USER_ID') return { userIdInfo: FIRST_PARTY }
  if (mobileAppId === undefined || mobileSystem === undefined) {
    throw new DestinationFailure(
      'config',
      'A list of mobile ids is made for one app: set mobileAppId and mobileSystem among the settings of the sync.',
      { code: 'mobile-app' },
    )
  }
  return { mobileIdInfo: { ...FIRST_PARTY, keySpace: mobileSystem, appId: mobileAppId } }
}

/** The list that an interrupted `createList` made. */
export async function findCreated(
  connection: GoogleConnection,
  wanted: WantedList<SyncSettings>,
): Promise<List | undefined> {
  const [found] = await firstOfAll(
    connection,
    1,
    ({ description }) => description?.includes(marked(wanted.marker)) ?? false,
  )
  return found
}

const marked = (marker: string) => `[${marker}]`
