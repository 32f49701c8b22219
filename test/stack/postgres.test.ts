import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import connect from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Postgres, startPostgres } from '../../scripts/stack/postgres.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'postgres-'))
let postgres: Postgres

beforeAll(async () => {
  postgres = await startPostgres({ dataDir, log: () => {} })
}, 60_000)

afterAll(async () => {
  await postgres.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

async function ask(query: string): Promise<unknown[]> {
  const sql = connect(postgres.url, { max: 1, onnotice: () => {} })
  return sql
    .unsafe(query)
    .then((rows) => [...rows])
    .finally(() => sql.end())
}

it('folds and sorts text the same on every machine', async () => {
  const [row] =
    await ask(`select upper('ärger') as upper, 'a' > 'B' as bytewise, pg_encoding_to_char(encoding) as encoding
    from pg_database where datname = current_database()`)
  expect(row).toEqual({ upper: 'ÄRGER', bytewise: true, encoding: 'UTF8' })
})

it('keeps what was committed when it is killed, empties unlogged tables, and keeps its address', async () => {
  await ask('create table kept (n int); insert into kept values (1)')
  await ask('create unlogged table staged (n int); insert into staged values (1)')
  const { url } = postgres

  await postgres.kill()
  await expect(ask('select 1')).rejects.toThrow()
  await postgres.restart()

  expect(postgres.url).toBe(url)
  expect(await ask('select n from kept')).toEqual([{ n: 1 }])
  expect(await ask('select n from staged')).toEqual([])
})

it('keeps unlogged tables over an orderly restart', async () => {
  await ask('create unlogged table calm (n int); insert into calm values (1)')
  await postgres.restart()
  expect(await ask('select n from calm')).toEqual([{ n: 1 }])
})

it('takes over from a server that an earlier run left behind', async () => {
  await ask('create table left_behind (n int)')
  const lines: string[] = []
  const second = await startPostgres({ dataDir, log: (line) => lines.push(line) })
  expect(lines.join()).toContain('stopping it')
  const sql = connect(second.url, { max: 1 })
  expect([...(await sql`select n from left_behind`)]).toEqual([])
  await sql.end()
  await second.stop()
  await postgres.restart()
})
