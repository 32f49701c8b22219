import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { connect, type Database } from '../../db/connect.ts'
import { type Postgres, startPostgres } from '../../scripts/stack/postgres.ts'
import { until } from '../support/deployment.ts'
import { giveLastingPort } from '../support/lasting-port.ts'

const folder = mkdtempSync(join(tmpdir(), 'lost-connections-'))
let postgres: Postgres
let db: Database

beforeAll(async () => {
  await giveLastingPort(folder)
  postgres = await startPostgres({ dataDir: folder, log: () => {}, durable: false })
  db = connect(postgres.url, { max: 8 })
  await db.sql`create table note (n int)`
}, 60_000)

beforeEach(async () => {
  await db.sql`delete from note`
})

afterAll(async () => {
  await db?.end()
  await postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** An idle connection may learn of its loss by the next query; after that each must come back. */
async function findLosses(): Promise<void> {
  for (;;) {
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => db.sql`select pg_sleep(0.05)`))
    if (outcomes.every(({ status }) => status === 'fulfilled')) return
  }
}

/** As many queries at once as there are connections, each of which must answer. */
async function everyConnectionAnswers(): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 12 }, () => db.sql`select pg_sleep(0.05), 1 as one`))
  expect(answers.map(([row]) => row?.one)).toEqual(Array.from({ length: 12 }, () => 1))
}

/** Waits until the server is at work on so many of the long statements; asked on a connection beside the pool. */
async function inFlight(statements: number): Promise<void> {
  const beside = connect(postgres.url, { max: 2 })
  await until(async () => {
    const [row] = await beside.sql<{ n: number }[]>`
      select count(*)::int as n from pg_stat_activity where query = 'select pg_sleep(20)' and state = 'active'`
    return row?.n === statements
  })
  await beside.end()
}

it('ends a transaction whose connection is lost, and nothing of it is done on another one', async () => {
  await everyConnectionAnswers()
  let goOn = () => {}
  let begun = () => {}
  const inside = new Promise<void>((resolve) => {
    begun = resolve
  })
  const crashed = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let second: unknown
  const lost = db.sql.begin(async (tx) => {
    await tx`insert into note values (1)`
    begun()
    await crashed
    second = await Promise.resolve()
      .then(() => tx`insert into note values (2)`)
      .catch((error: unknown) => error)
  })
  const outcome = expect(lost).rejects.toThrow()
  await inside
  await postgres.kill()
  await outcome
  await postgres.restart()
  await findLosses()
  goOn()
  await everyConnectionAnswers()
  expect(second).toMatchObject({ code: 'CONNECTION_CLOSED' })
  expect(await db.sql`select n from note`).toHaveLength(0)
}, 60_000)

it('ends statements in flight, and every connection is good again', async () => {
  await everyConnectionAnswers()
  const statements = Array.from({ length: 12 }, () =>
    db.sql
      .begin((tx) => tx`select pg_sleep(20)`)
      .catch(async (error: { code: string }) => {
        // what is done in the same moment meets connections that are about to be found lost
        await db.sql`select 1`.catch(() => {})
        return error.code
      }),
  )
  await inFlight(6)
  await postgres.kill()
  expect(new Set(await Promise.all(statements))).not.toContain(undefined)
  await postgres.restart()
  await findLosses()
  await everyConnectionAnswers()
}, 60_000)

it('ends a reserved session with its connection', async () => {
  const session = await db.sql.reserve()
  await session`select pg_advisory_lock(1)`
  await postgres.kill()
  await postgres.restart()
  await expect(async () => session`select 1`).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  session.release()
  await findLosses()
  await everyConnectionAnswers()
}, 60_000)

it('gives what a session held free when it is released', async () => {
  const session = await db.sql.reserve()
  await session`select pg_advisory_lock(2)`
  session.release()
  const other = await db.sql.reserve()
  await other`select pg_advisory_lock(2)`
  other.release()
}, 60_000)
