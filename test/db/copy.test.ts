import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { copyIn, copyOut } from '../../db/copy.ts'
import { steadyClient } from '../../db/lost-connections.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
// One connection: what a COPY leaves behind on it is met by the next query.
let sql: Sql<{ bigint: number }>
let other: Sql<{ bigint: number }>

beforeAll(async () => {
  database = await createEmptyDatabase()
  // as the product's: the driver's own may never come back after its connection was cut
  sql = steadyClient(database.url, { max: 1, onnotice: () => {} })
  other = steadyClient(database.url, { max: 1, onnotice: () => {} })
  await sql.unsafe(`
    create function refuse() returns trigger language plpgsql as $$
      begin raise exception 'no space left on device' using errcode = 'disk_full'; end $$`)
})
beforeEach(async () => {
  await sql.unsafe('drop table if exists t; create table t (n bigint)')
})
afterAll(async () => {
  await Promise.all([sql.end({ timeout: 5 }), other.end({ timeout: 5 })])
  await database.drop()
})

const rows = async () => (await sql`select count(*)::int as n from t`)[0]?.n
/** The driver tells the last words of a server that cut a connection to the queries that come next. */
const reconnected = async () => {
  for (;;) if (await sql`select 1`.then(Boolean, () => false)) return
}
const backend = async () => Number((await sql`select pg_backend_pid() as pid`)[0]?.pid)
const cutOff = { code: expect.stringMatching(/^(57P01|CONNECTION_|ECONN|EPIPE)/) }
const copyT = 'copy t from stdin'

function* numbers(count: number, perChunk = 1000): Iterable<string> {
  for (let n = 0; n < count; n += perChunk) {
    yield Array.from({ length: Math.min(perChunk, count - n) }, (_, at) => `${n + at}\n`).join('')
  }
}

describe('into a table', () => {
  it('brings everything, and the server has it when it says so', async () => {
    await copyIn(sql, copyT, numbers(300_000))
    expect(await rows()).toBe(300_000)
    await copyIn(sql, copyT, [])
    expect(await rows()).toBe(300_000)
  })

  it('tells what the server says after the last byte', async () => {
    await sql.unsafe('create trigger full_disk after insert on t for each statement execute function refuse()')
    await expect(copyIn(sql, copyT, numbers(10))).rejects.toMatchObject({ code: '53100' })
    expect(await rows()).toBe(0)
  })

  it('tells of a constraint that is checked at the commit', async () => {
    await sql.unsafe('alter table t add constraint once unique (n) deferrable initially deferred')
    await expect(copyIn(sql, copyT, ['1\n', '1\n'])).rejects.toMatchObject({ code: '23505' })
    expect(await rows()).toBe(0)
  })

  it('stops at a row that the server does not take, in a transaction too', async () => {
    const broken = async function* () {
      yield 'not a number\n'
      for (;;) {
        await nextTurn()
        yield '1\n'
      }
    }
    const copied = sql.begin((tx) => copyIn(tx, copyT, broken()))
    await expect(copied).rejects.toMatchObject({ code: '22P02' })
    expect(await rows()).toBe(0)
  })

  it('tells of a table that is not there', async () => {
    await expect(copyIn(sql, 'copy nowhere from stdin', numbers(10))).rejects.toMatchObject({ code: '42P01' })
    expect(await rows()).toBe(0)
  })

  it('ends when the connection is cut in the middle, and the next one works', async () => {
    const pid = await backend()
    const cut = async function* () {
      yield* numbers(1000)
      await other`select pg_terminate_backend(${pid})`
      for (;;) {
        await nextTurn()
        yield '1\n'
      }
    }
    await expect(copyIn(sql, copyT, cut())).rejects.toMatchObject(cutOff)
    await reconnected()
    expect(await rows()).toBe(0)
  })

  it('ends when the connection is cut while the server is at the commit', async () => {
    const pid = await backend()
    await sql.unsafe(`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return null; end $$;
      create trigger slow after insert on t for each statement execute function slow()`)
    const copied = copyIn(sql, copyT, numbers(10))
    const told = expect(copied).rejects.toMatchObject(cutOff)
    for (;;) {
      const [at] = await other`select wait_event from pg_stat_activity where pid = ${pid}`
      if (at?.wait_event === 'PgSleep') break
    }
    await other`select pg_terminate_backend(${pid})`
    await told
    await reconnected()
    expect(await rows()).toBe(0)
  })

  it('passes on what its source throws, and keeps nothing of it', async () => {
    const failing = async function* () {
      yield* numbers(1000)
      throw new Error('the source went away')
    }
    await expect(copyIn(sql, copyT, failing())).rejects.toThrow('the source went away')
    expect(await rows()).toBe(0)
  })
})

describe('out of a query', () => {
  const read = async (statement: string, pauseMs = 0) => {
    let bytes = 0
    for await (const chunk of copyOut(sql, statement)) {
      bytes += chunk.length
      if (pauseMs) await sleep(pauseMs)
    }
    return bytes
  }

  it('brings every byte, to slow readers too, and the connection works afterwards', async () => {
    expect(await read(`copy (select repeat('x', 99) from generate_series(1, 20000)) to stdout`, 1)).toBe(2_000_000)
    expect(await read('copy (select 1 where false) to stdout')).toBe(0)
    expect(await rows()).toBe(0)
  })

  it('tells of an error in the packet that begins the COPY', async () => {
    await expect(read('copy (select 1 / (n - 1) from generate_series(1, 3) n) to stdout')).rejects.toMatchObject({
      code: '22012',
    })
    expect(await rows()).toBe(0)
  })

  it('tells of an error after many rows, to slow readers too', async () => {
    const late = `copy (select repeat('x', 99), 1 / (20000 - n) from generate_series(1, 20000) n) to stdout`
    await expect(read(late, 1)).rejects.toMatchObject({ code: '22012' })
    await expect(read(late)).rejects.toMatchObject({ code: '22012' })
    expect(await rows()).toBe(0)
  })

  it('ends when the connection is cut in the middle, and the next one works', async () => {
    const pid = await backend()
    const reading = async () => {
      let cut = false
      for await (const _ of copyOut(sql, `copy (select repeat('x', 99) from generate_series(1, 1000000)) to stdout`)) {
        if (!cut) await other`select pg_terminate_backend(${pid})`
        cut = true
      }
    }
    await expect(reading()).rejects.toMatchObject(cutOff)
    await reconnected()
    expect(await rows()).toBe(0)
  })

  it('lets a reader go early, and the connection works afterwards', async () => {
    const pid = await backend()
    for await (const _ of copyOut(sql, `copy (select repeat('x', 99) from generate_series(1, 100000)) to stdout`)) break
    expect(await rows()).toBe(0)
    expect(await backend()).toBe(pid)
  })
})
