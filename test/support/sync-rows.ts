import { afterAll, beforeAll } from 'vitest'
import { connect, type Sql } from '../../db/connect.ts'
import { ensureLedger } from '../../db/queries/ledger-table.ts'
import { nextStageNo } from '../../db/queries/stage.ts'
import { createDatabase } from './database.ts'

export type SyncRows = {
  databaseUrl: string
  sql: Sql
  audienceId: string
  sync: { id: string; no: number }
  /** Each puts a row in, with these fields beside or in the place of ordinary ones, and returns its id. */
  run: (fields?: Record<string, unknown>) => Promise<string>
  delivery: (runId: string, fields?: Record<string, unknown>) => Promise<string>
  batch: (deliveryId: string, fields?: Record<string, unknown>) => Promise<number>
}

/** A database of one's own with an audience and its one sync, and no server beside it: for tests of queries alone. */
export function useSyncRows(): SyncRows {
  // What the tests see is filled in before the first of them runs.
  const rows = {} as SyncRows
  const ends: (() => Promise<unknown>)[] = []
  beforeAll(async () => {
    const database = await createDatabase()
    const db = connect(database.url, { max: 12 })
    ends.push(database.drop, db.end)
    const { sql } = db
    const [destination] = await sql`insert into destination (name, platform, settings, credentials, account)
      values ('Meta', 'meta', '{}', '\\x00', 'act_1') returning id`
    const [audience] = await sql`
      insert into audience (name, kind, status, member_id) values ('Buyers', 'static', 'active', 'id') returning id`
    const [sync] = await sql<{ id: string; no: number }[]>`
      insert into sync (audience_id, destination_id, mode, account, list_id)
      values (${audience?.id}, ${destination?.id}, 'list', 'act_1', '1')
      returning id, no`
    if (!sync) throw new Error('The database answered the insert of a sync without a row.')
    await ensureLedger(sql, sync.no, 1, 0)
    Object.assign(rows, { databaseUrl: database.url, sql, audienceId: audience?.id, sync, ...inserts(rows) })
  })
  afterAll(async () => {
    for (const end of ends.reverse()) await end()
  })
  return rows
}

const inserts = (rows: SyncRows): Pick<SyncRows, 'run' | 'delivery' | 'batch'> => ({
  run: async (fields = {}) => {
    const { sql, audienceId } = rows
    const values = { audience_id: audienceId, status: 'done', causes: ['instant'], ...fields }
    const [row] = await sql`insert into run ${sql(values)} returning id`
    return row?.id
  },
  delivery: async (runId, fields = {}) => {
    const { sql, sync } = rows
    const [row] = await sql`insert into delivery ${sql({
      run_id: runId,
      sync_id: sync.id,
      goal: 'match',
      status: 'uploaded',
      sync_version: 1,
      counts: sql.json({}),
      plan_no: await nextStageNo(sql),
      planned_rows: 1,
      held_before: 0,
      uploaded_at: new Date(),
      ...fields,
    })} returning id`
    return row?.id
  },
  batch: async (deliveryId, fields = {}) => {
    const { sql, sync } = rows
    const [row] = await sql`insert into batch ${sql({
      delivery_id: deliveryId,
      sync_no: sync.no,
      number: 1,
      phase: 'join',
      operation: 'add',
      list_id: '1',
      rows: 1,
      state: 'confirmed',
      final_at: new Date(),
      ...fields,
    })} returning id`
    return row?.id
  },
})
