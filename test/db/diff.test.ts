import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect, type Database, type Sql } from '../../db/connect.ts'
import { countDifferences, type DiffRule } from '../../db/queries/diff.ts'
import { ensureLedger } from '../../db/queries/ledger-table.ts'
import { createStage } from '../../db/queries/stage.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'

const parts = 16
const members = 3_200
const nothing = { join: 0, again: 0, update: 0, leave: 0, forget: 0, waiting: 0, duplicates: 0, digest: 0n }
const rule: DiffRule = {
  syncNo: 1,
  ledgerParts: parts,
  stage: { no: 1, parts, set: 0 },
  salt: 77n,
  again: [],
  waiting: [],
  addOnly: false,
  resync: false,
  retryRejected: false,
}
let database: TestDatabase
let db: Database
let sql: Sql

beforeAll(async () => {
  database = await createDatabase()
  db = connect(database.url, { max: 4 })
  sql = db.sql
  await ensureLedger(sql, 1, parts, 0)
  await createStage(sql, 1, 1, parts)
})
beforeEach(async () => {
  await sql.unsafe(`
    truncate ledger, stage_1;
    insert into ledger (sync_no, member_key, fingerprint, state, batch_id)
      select 1, md5(n::text)::uuid, n, 'added', 5 from generate_series(1, ${members}) n;
    insert into stage_1 select md5(n::text)::uuid, n # 77, '' from generate_series(1, ${members}) n`)
})
afterAll(async () => {
  await db.end()
  await database.drop()
})

const key = (n: number) => `md5('${n}')::uuid`
const count = (changed: Partial<DiffRule> = {}) => countDifferences(sql, { ...rule, ...changed })

describe('a snapshot against the ledger', () => {
  it('that is in step has nothing to do, and everybody is held', async () => {
    expect(await count()).toMatchObject({ ...nothing, staged: members, held: members })
  })

  it.each([
    ['has another fingerprint', `update stage_1 set f0 = f0 + 1 where member_key = ${key(9)}`, { update: 1 }],
    ['is new', `insert into stage_1 values (${key(9_999)}, 1, '')`, { staged: members + 1, join: 1 }],
    ['is gone', `delete from stage_1 where member_key = ${key(9)}`, { staged: members - 1, leave: 1 }],
    [
      'stands there twice',
      `insert into stage_1 values (${key(9)}, 9 # 77, '')`,
      { staged: members + 1, held: members + 1, duplicates: 1 },
    ],
    ['was refused', `update ledger set state = 'rejected', retry_at = now() where member_key = ${key(9)}`, { join: 1 }],
    ['has no fingerprint', `update ledger set fingerprint = null where member_key = ${key(9)}`, { update: 1 }],
    ['is being removed', `update ledger set state = 'removing' where member_key = ${key(9)}`, { again: 1 }],
  ])('finds the one member that %s', async (_, change, found) => {
    await sql.unsafe(change)
    const { digest, ...counts } = await count()
    const { digest: _none, ...none } = nothing
    expect(counts).toMatchObject({ ...none, staged: members, held: members, ...found })
    expect(digest !== 0n).toBe(!('duplicates' in found))
  })

  it('finds two members whose fingerprints were exchanged', async () => {
    await sql.unsafe(
      `update stage_1 set f0 = (case f0 when 9 # 77 then 8 else 9 end) # 77 where f0 in (8 # 77, 9 # 77)`,
    )
    expect(await count()).toMatchObject({ ...nothing, digest: expect.anything(), update: 2 })
  })

  it('sends all again that are in doubt or are to be sent again, although nothing changed', async () => {
    expect(await count({ again: [5] })).toMatchObject({ staged: members, held: members, again: members })
    expect(await count({ resync: true })).toMatchObject({ staged: members, held: members, again: members })
  })

  it('finds everybody changed when the mapping is another', async () => {
    expect(await count({ salt: 78n })).toMatchObject({ staged: members, held: members, update: members })
  })
})
