import { sha256Hex } from '../../identity/hash.ts'
import type { List, ListPage, WantedList } from '../define.ts'
import { DestinationFailure } from '../failure.ts'
import { markedName } from '../marked-name.ts'
import { failureOf } from '../meaning.ts'
import { LONGEST_NAME } from './api.ts'
import { type Audience, audienceOf, makeAudience } from './audiences.ts'
import { ask, attempt } from './calls.ts'
import type { PinterestConnection } from './connection.ts'
import { mayBeRows } from './error-table.ts'
import { typeFor } from './identifiers.ts'
import { type CustomerList, customerList, listOf } from './list-facts.ts'
import { listPath } from './list-path.ts'
import { firstOfAll, readPage } from './pages.ts'

const customerLists = { path: '/customer_lists', item: customerList } as const

/** A page of the account's lists; with a search, those of all pages whose name has it. */
export async function lists(
  connection: PinterestConnection,
  { search, after, limit }: { search?: string; after?: string; limit: number },
): Promise<ListPage> {
  if (search !== undefined) {
    const wanted = search.toLowerCase()
    const found = await firstOfAll(connection, customerLists, limit, ({ name }) => name.toLowerCase().includes(wanted))
    return { lists: found.map((list) => listOf(list)) }
  }
  const { items, next } = await readPage(connection, customerLists, { after, size: limit })
  return { lists: items.map((list) => listOf(list)), ...(next !== undefined && { next }) }
}

/** @throws DestinationFailure `listGone` where there is no such list */
export const readCustomerList = (connection: PinterestConnection, listId: string): Promise<CustomerList> =>
  ask(connection, { method: 'GET', path: listPath(listId), subject: 'list', reply: customerList })

/** The list with the audience that is made of it, which tells how many people were matched. */
export async function readList(connection: PinterestConnection, listId: string): Promise<List> {
  const list = await readCustomerList(connection, listId)
  return listOf(list, { audience: await audienceOf(connection, listId) })
}

/** Makes a list and the audience of it, without which it cannot be used in ads. What an interrupted call made is taken up. */
export async function createList(connection: PinterestConnection, wanted: WantedList): Promise<List> {
  const { type, name } = namedFor(wanted)
  const list = (await listNamed(connection, name)) ?? (await makeList(connection, { type, name }))
  const audience = (await audienceOf(connection, list.id)) ?? (await completed(connection, { name, listId: list.id }))
  return listOf(list, { audience, type })
}

/** The list that an earlier `createList` made, if it came to its end: else it goes on where it was interrupted. */
export async function findCreated(connection: PinterestConnection, wanted: WantedList): Promise<List | undefined> {
  const { type, name } = namedFor(wanted)
  const list = await listNamed(connection, name)
  const audience = list && (await audienceOf(connection, list.id))
  return list && audience ? listOf(list, { audience, type }) : undefined
}

/** The type of list that the mapping needs, and the name that only this sync's list of this type has. */
function namedFor({ name, marker, identifiers }: WantedList): { type: string; name: string } {
  const type = typeFor(identifiers)
  if (type !== undefined) return { type, name: markedName({ name, marker: `${marker} ${type}` }, LONGEST_NAME) }
  throw severalTypes()
}

export const severalTypes = () =>
  new DestinationFailure(
    'config',
    'A customer list at Pinterest holds records of one kind: map one identifier, and make another sync for another kind.',
    { code: 'several-types' },
  )

async function listNamed(connection: PinterestConnection, wanted: string): Promise<CustomerList | undefined> {
  const [found] = await firstOfAll(connection, customerLists, 1, ({ name }) => name === wanted)
  return found
}

/** Pinterest makes no list without a record ("no valid user list"), and ours begins with nobody: this one is nobody's. */
const nobodyIn = (name: string) => sha256Hex(`nobody of ${name}`)

const makeList = (
  connection: PinterestConnection,
  { name, type }: { name: string; type: string },
): Promise<CustomerList> =>
  ask(connection, {
    method: 'POST',
    path: '/customer_lists',
    body: { name, list_type: type, records: nobodyIn(name) },
    subject: 'account',
    reply: customerList,
  })

/** Takes the record that is nobody's out of a new list again, and makes the audience, by whose being there the list is finished. */
async function completed(
  connection: PinterestConnection,
  { name, listId }: { name: string; listId: string },
): Promise<Audience> {
  const emptied = await attempt(connection, {
    method: 'PATCH',
    path: listPath(listId),
    body: { operation_type: 'REMOVE', records: nobodyIn(name) },
    subject: 'records',
    reply: customerList,
  })
  // where Pinterest keeps the record it matches nobody: no reason to have no list
  if ('fault' in emptied && !mayBeRows(emptied.fault.status, emptied.fault.meaning))
    throw failureOf('Pinterest', emptied.fault.meaning, { code: emptied.fault.named })
  return makeAudience(connection, { name, listId })
}
