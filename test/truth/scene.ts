import type { Place } from '../support/crash-points.ts'
import type { Crowd } from './history.ts'
import { type Country, columns, expectedRow, identity, type Mapping, type Person } from './people.ts'
import { steadily, type World } from './world.ts'

/** The things of one history in a deployment, and what is so at the moment, as whoever set it up knows it. */
export type Scene = Place & {
  readonly audienceId: string
  readonly destinationId: string
  /** The sandbox's name of the account, and its token. */
  readonly sandboxAccount: string
  readonly token: string
  people: readonly Person[]
  crowd: Crowd
  mapping: Mapping
  country: Country
  keeping: 'mirror' | 'add_only'
  /** Lists that the sync moved away from, after taking its people out. */
  readonly emptied: string[]
  /** Lists that it ever filled. */
  readonly lists: string[]
  /** Faults in place, and how often each had fired when it was last looked at. */
  readonly faults: Map<string, { fault: string; fired: number }>
  /** The platform has dropped rows without saying whose: only a resync brings them. */
  dropped: boolean
  /** Who was in the list at the last comparison and was the same person in the audience ever since: id to row. */
  steady: Map<string, string>
  /** The request of the sandbox's log up to which it was read. */
  seen: number
}

/** Makes everything that a history needs, as a user would: by the API. */
export async function setScene(world: World, number: number, mapping: Mapping): Promise<Scene> {
  const { must, people, sandboxCall } = world
  const table = `people_${number}`
  await people.unsafe(`create table ${table} (id text, ${columns.map((name) => `${name} text`).join(', ')})`)
  const account = await sandboxCall('POST', '/accounts', { platform: 'meta' })
  const source = await must('POST', '/v1/sources', {
    name: `shop ${number}`,
    kind: 'postgres',
    credentials: { url: world.sourceUrl },
  })
  const destination = await must('POST', '/v1/destinations', {
    name: `Meta ${number}`,
    platform: 'meta',
    sandbox: true,
    settings: account.settings,
    credentials: account.credentials,
  })
  const audience = await must('POST', '/v1/audiences', {
    name: `Audience ${number}`,
    kind: 'dynamic',
    source: { id: source.id, table, memberId: 'id' },
    refreshInterval: '1d',
    brake: { percent: 100, minimum: 1_000_000 },
  })
  await must('PUT', `/v1/audiences/${audience.id}/schema`, { fields: columns })
  const sync = await must('POST', `/v1/audiences/${audience.id}/syncs`, {
    destinationId: destination.id,
    list: { create: { name: `List ${number}` } },
    mapping,
    enabled: true,
  })
  await must('POST', `/v1/audiences/${audience.id}/activate`)
  const [row] = await world.sql<{ no: number }[]>`select no from sync where id = ${sync.id}`
  return {
    audienceId: audience.id,
    destinationId: destination.id,
    syncId: sync.id,
    syncNo: row?.no ?? 0,
    table,
    sandboxAccount: account.id,
    token: account.credentials.access_token,
    people: [],
    crowd: { size: 0, version: 1 },
    mapping,
    country: null,
    keeping: 'mirror',
    emptied: [],
    lists: [sync.list.id],
    faults: new Map(),
    dropped: false,
    steady: new Map(),
    seen: 0,
  }
}

/** Brings the source to this state, in one transaction. */
export async function writePeople(world: World, scene: Scene, people: readonly Person[], crowd: Crowd): Promise<void> {
  const rewriteCrowd = JSON.stringify(crowd) !== JSON.stringify(scene.crowd)
  await steadily(() =>
    world.people.begin(async (tx) => {
      const table = tx(scene.table)
      await tx`delete from ${table} where id like 'm%' or ${rewriteCrowd}`
      if (people.length > 0) await tx`insert into ${table} ${tx([...people], 'id', ...columns)}`
      if (rewriteCrowd)
        await tx`insert into ${table} (id, email)
          select 'x' || n, 'crowd' || n || '.v' || ${crowd.version}::int || '@example.test' from generate_series(1, ${crowd.size}::int) n`
    }),
  )
  scene.people = people
  scene.crowd = crowd
  const now = new Map(rowsOf(scene))
  for (const [id, row] of scene.steady) if (now.get(id) !== row) scene.steady.delete(id)
}

/** What each usable member's row in the list has to be, as text. */
export const rowsOf = (scene: Scene): [id: string, row: string][] =>
  everybody(scene).flatMap((person) => {
    const row = expectedRow(person, scene.mapping, scene.country)
    return row ? [[person.id, identity(row)]] : []
  })

/** Everybody who is in the audience now. */
export function everybody({ people, crowd }: Pick<Scene, 'people' | 'crowd'>): Person[] {
  const nobody = { phone: null, first_name: null, ext: null, ldu: null }
  const many = Array.from({ length: crowd.size }, (_, at) => ({
    ...nobody,
    id: `x${at + 1}`,
    email: `crowd${at + 1}.v${crowd.version}@example.test`,
  }))
  return [...people, ...many]
}
