import { hash } from 'node:crypto'
import type { Journey } from './journey.ts'

export const sha = (text: string) => hash('sha256', text, 'hex')
/** What a list holds of these people, as `Journey.emails` gives it. */
export const hashed = (names: readonly string[]) => names.map((name) => sha(`${name}@example.test`)).sort()

let made = 0

/** A table of people at the source; each has the address `<name>@example.test`. */
export async function aTable({ deployment }: Journey, names: readonly string[]): Promise<string> {
  made++
  const table = `people_${made}`
  await deployment.people.unsafe(`create table ${table} (id text primary key, email text, phone text)`)
  await putPeople({ deployment }, table, names)
  return table
}

export async function putPeople(
  { deployment }: Pick<Journey, 'deployment'>,
  table: string,
  names: readonly string[],
): Promise<void> {
  const { people } = deployment
  if (names.length > 0)
    await people`insert into ${people(table)} ${people(names.map((name) => ({ id: name, email: `${name}@example.test` })))}`
}

export const takePeople = async ({ deployment }: Journey, table: string, names: readonly string[]) => {
  await deployment.people`delete from ${deployment.people(table)} where id = any(${[...names]})`
}

export const aSource = async ({ must, deployment }: Journey): Promise<string> =>
  (await must('POST', '/v1/sources', { name: 'Shop', kind: 'postgres', credentials: { url: deployment.sourceUrl } })).id

export const aDestination = async ({ must }: Journey): Promise<string> =>
  (await must('POST', '/v1/destinations', { name: 'Meta', platform: 'meta', sandbox: true })).id

export type Ready = { table: string; audienceId: string; destinationId: string; syncId: string; listId: string }

/** A dynamic audience over a table of its own with a sync that is on, to a list of its own. Not active yet. */
export async function aReadyAudience(
  journey: Journey,
  names: readonly string[],
  more: { destinationId?: string; query?: (table: string) => string; audience?: object; mapping?: object } = {},
): Promise<Ready> {
  const { must } = journey
  const table = await aTable(journey, names)
  const destinationId = more.destinationId ?? (await aDestination(journey))
  const { id: audienceId } = await must('POST', '/v1/audiences', {
    name: `Audience of ${table}`,
    kind: 'dynamic',
    source: { id: await aSource(journey), memberId: 'id', ...(more.query ? { query: more.query(table) } : { table }) },
    refreshInterval: '7d',
    ...more.audience,
  })
  await must('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email', 'phone'] })
  const sync = await must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId,
    list: { create: { name: `List of ${table}` } },
    mapping: more.mapping ?? { EMAIL: 'email' },
    enabled: true,
  })
  return { table, audienceId, destinationId, syncId: sync.id, listId: sync.list.id }
}

/** The same, active, its first run done. */
export async function anActiveAudience(
  journey: Journey,
  names: readonly string[],
  more: Parameters<typeof aReadyAudience>[2] = {},
): Promise<Ready> {
  const ready = await aReadyAudience(journey, names, more)
  await journey.must('POST', `/v1/audiences/${ready.audienceId}/activate`)
  await journey.lastRun(ready.audienceId)
  return ready
}

/** The same, and nothing is asked of the platform any more: a fault meets only what comes next. */
export async function aSettledAudience(
  journey: Journey,
  names: readonly string[],
  more: Parameters<typeof aReadyAudience>[2] = {},
): Promise<Ready> {
  const ready = await anActiveAudience(journey, names, more)
  await journey.settled((await journey.lastRun(ready.audienceId)).id)
  return ready
}

/** The sandbox's own name of the account behind a destination. */
export async function sandboxAccount({ must, sandbox }: Journey, destinationId: string): Promise<string> {
  const { account } = await must('GET', `/v1/destinations/${destinationId}`)
  const { accounts } = await sandbox('GET', '/accounts?platform=meta')
  return accounts.find(({ id }: { id: string }) => account.endsWith(id)).id
}

/** The token that the sandbox made for a destination. */
export async function tokenOf({ deployment }: Journey, destinationId: string): Promise<string> {
  const { sql, seal } = deployment
  const [row] = await sql<{ credentials: Buffer }[]>`select credentials from destination where id = ${destinationId}`
  return JSON.parse(seal.open(row?.credentials ?? Buffer.alloc(0))).sandboxAccount.credentials.access_token
}
