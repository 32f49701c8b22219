import connect, { type Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeRow } from '../../sources/copy-text.ts'
import { type Selection, type Source, SourceFailure } from '../../sources/define.ts'
import { openPostgres } from '../../sources/postgres/index.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let sql: Sql
let source: Source

beforeAll(async () => {
  database = await createEmptyDatabase()
  sql = connect(database.url, { max: 2, onnotice: () => {} })
  source = openPostgres(database.url)
  await sql.unsafe(`
    create table people (id text, email text, "Vor ""Name" text, country char(3), consent boolean, born date, score int);
    insert into people values
      ('1', 'a@example.test', E'tab\\tfeed\\nback\\\\slash Ünï', 'DE', true, '1990-02-01', 5),
      ('2', null, '', 'US', false, null, null);
    create schema "Odd.Schema"; create view "Odd.Schema"."select" as select id as key, email from people;
    create table many as select 'm' || i as id, repeat('x', i % 200) as filler from generate_series(1, 100000) i;
    create function writes() returns int language sql as 'insert into people (id) values (''9'') returning 1'`)
})

afterAll(async () => {
  await source.end()
  await sql.end()
  await database.drop()
})

async function rowsOf(selection: Selection, columns: readonly string[]): Promise<(string | null)[][]> {
  const chunks: Buffer[] = []
  for await (const chunk of source.copyOut(selection, columns)) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => decodeRow(Buffer.from(line)))
}

async function failure(work: Promise<unknown>): Promise<SourceFailure> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof SourceFailure)) throw new Error('It did not fail as a source fails.', { cause: error })
  return error
}

const columns = ['id', 'email', 'Vor "Name', 'country', 'consent', 'born', 'score']
const everybody = [
  ['1', 'a@example.test', 'tab\tfeed\nback\\slash Ünï', 'DE', 'true', '1990-02-01', '5'],
  ['2', null, '', 'US', 'false', null, null],
]

describe('reading', () => {
  it('copies the named columns of a table as text, in the order asked for', async () => {
    expect(await rowsOf({ table: 'people' }, columns)).toEqual(everybody)
    expect(await rowsOf({ table: 'public.people' }, ['score', 'id'])).toEqual([
      ['5', '1'],
      [null, '2'],
    ])
  })

  it.each([
    'select * from people',
    'select * from people; ',
    "select * from people where id <> ';' -- ; a comment",
    'with p as (select * from people) select * from p /* ; */',
    'table people',
  ])('copies a query: %s', async (query) => {
    expect(await rowsOf({ query }, columns)).toEqual(everybody)
  })

  it('samples the same text, no more rows than asked for', async () => {
    expect(await source.sample({ query: 'select * from people order by id' }, columns, 1)).toEqual([everybody[0]])
    expect(await source.sample({ table: 'people' }, columns, 0)).toEqual([])
  })

  it('names and counts what a selection offers', async () => {
    expect(await source.columns({ query: 'select id, born, now() as t from people' })).toEqual([
      { name: 'id', type: 'text' },
      { name: 'born', type: 'date' },
      { name: 't', type: 'timestamp with time zone' },
    ])
    expect(await source.count({ table: 'many' })).toBe(100_000)
  })

  it('lists tables and views under names that it takes itself', async () => {
    const tables = await source.tables()
    expect(tables.map(({ name, kind }) => [name, kind])).toEqual([
      ['select', 'view'],
      ['many', 'table'],
      ['people', 'table'],
    ])
    for (const { qualified, columns } of tables) expect(await source.columns({ table: qualified })).toEqual(columns)
    expect(await source.count({ table: '"Odd.Schema".select' })).toBe(2)
  })

  it('copies every row of a large table whole, however slowly it is read', async () => {
    let bytes = 0
    let rows = 0
    for await (const chunk of source.copyOut({ table: 'many' }, ['id', 'filler'])) {
      for (const byte of chunk) if (byte === 10) rows++
      bytes += chunk.length
      await new Promise((resolve) => setImmediate(resolve))
    }
    const [expected] = await sql`select sum(length(id) + length(filler) + 2)::int as bytes from many`
    expect({ rows, bytes }).toEqual({ rows: 100_000, bytes: expected?.bytes })
  })

  it('checks, and says what it is connected to', async () => {
    const { ok, facts } = await source.check()
    expect(ok).toBe(true)
    expect(facts.Server).toMatch(/^PostgreSQL \d+/)
  })
})

describe('ending early', () => {
  const sleeping = async () =>
    Number((await sql`select count(*)::int as n from pg_stat_activity where application_name = 'early'`)[0]?.n)
  const nobodySleeps = async () => {
    for (const until = Date.now() + 15_000; Date.now() < until; ) {
      if ((await sleeping()) === 0) return true
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return false
  }

  it('ends the query at the source when the reader leaves', async () => {
    const early = openPostgres(database.url, { applicationName: 'early' })
    for await (const _ of early.copyOut({ query: 'select generate_series(1, 100000000)::text as id' }, ['id'])) break
    expect(await nobodySleeps()).toBe(true)
  })

  it('ends a query that has not answered yet when the signal fires', async () => {
    const early = openPostgres(database.url, { applicationName: 'early' })
    const stop = new AbortController()
    const read = async () => {
      for await (const _ of early.copyOut({ query: 'select pg_sleep(3600)::text as id' }, ['id'], {
        signal: stop.signal,
      }));
    }
    const failed = failure(read())
    while ((await sleeping()) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    stop.abort()
    expect((await failed).code).toBe('stopped')
    expect(await nobodySleeps()).toBe(true)
  })

  it('says so when the source goes away in the middle', async () => {
    const early = openPostgres(database.url, { applicationName: 'early' })
    const error = await failure(
      (async () => {
        for await (const _ of early.copyOut({ query: 'select generate_series(1, 100000000)::text as id' }, ['id']))
          await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'early'`
      })(),
    )
    expect(error.code).toBe('connection_lost')
    expect(error.passes).toBe(true)
  })
})

describe('what is wrong is said in our words', () => {
  const canary = 'canary-4711@example.test'
  const first = (query: string, names = ['id']) => failure(rowsOf({ query }, names))

  it.each([
    [`select id from people where email = '${canary}' and`, 'syntax_error', ''],
    ['select id,\n  nope from people', 'column_unknown', 'at line 2, character 3'],
    ['select id from nowhere', 'table_unknown', 'at line 1, character 16'],
    ['select nofunction(id) as id from people', 'function_unknown', ''],
    [`select '${canary}'::int as id`, 'value_unreadable', ''],
    ['select id, email as id from people', 'columns_duplicate', '"id"'],
    ['select id from people where id = $1', 'parameters', ''],
    ['select 1 / (random()::int * 0) as id', 'division_by_zero', ''],
    ['select writes()::text as id', 'query_writes', ''],
    ["insert into people (id) values ('7') returning id", 'syntax_error', ''],
    ["with w as (insert into people (id) values ('7') returning id) select id from w", 'not_supported', ''],
    ['select id from people; delete from people', 'syntax_error', ''],
    ['select id from people) selected; delete from people; select (1', 'syntax_error', ''],
    ["select 1) to program 'true' --", 'syntax_error', ''],
    ['', 'query_empty', ''],
    [' ; ', 'query_empty', ''],
    ['set datestyle = german', 'query_without_columns', ''],
    ['select email from people', 'member_id_column_missing', '"id"'],
  ])('%s', async (query, code, words) => {
    const error = await first(query)
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
    expect(`${error.message} ${error.next} ${error.stack} ${JSON.stringify(error)}`).not.toContain('canary')
    expect(await source.count({ table: 'people' })).toBe(2)
  })

  it('names the columns that are gone', async () => {
    const error = await first('select id from people', ['id', 'phone', 'zip'])
    expect(error.code).toBe('column_missing')
    expect(error.message).toContain('"phone", "zip"')
  })

  it('ends a query that takes too long', async () => {
    const hasty = openPostgres(database.url, { statementTimeoutMs: 100 })
    expect((await failure(hasty.count({ query: 'select pg_sleep(3600)' }))).code).toBe('statement_timeout')
  })

  it.each(['a.b.c', '', 'a b.', '"a', 'people; drop table people'])('does not take %j for a table', async (table) => {
    expect((await failure(source.columns({ table }))).code).toMatch(/^table_(name_wrong|unknown)$/)
  })

  it('names what is wrong with a connection', async () => {
    const problemWith = async (change: (url: URL) => void) => {
      const url = new URL(database.url)
      change(url)
      const { ok, problems } = await openPostgres(url.href).check()
      expect(ok).toBe(false)
      expect(JSON.stringify(problems)).not.toContain('canary')
      return problems[0]?.code
    }
    const password = new URL(database.url).password
    expect(await problemWith((url) => Object.assign(url, { password: 'canary' }))).toBe('password_wrong')
    expect(await problemWith((url) => Object.assign(url, { pathname: '/canary' }))).toBe('database_unknown')
    expect(await problemWith((url) => Object.assign(url, { port: '1' }))).toBe('connection_refused')
    expect(await problemWith((url) => Object.assign(url, { search: '?sslmode=require' }))).toBe('tls_refused')
    expect(password).not.toBe('')
  })

  it.each([
    'mysql://u:p@h/d',
    'canary',
    'postgres://h/d',
    'postgres://u@/d',
    'postgres://u@a,b/d',
    'postgres://u@h/d?sslmode=on',
  ])('refuses the address %s', (url) => {
    expect(() => openPostgres(url)).toThrow(expect.objectContaining({ code: 'address_wrong' }))
  })

  it('tells a missing permission', async () => {
    await sql.unsafe("create role poor login password 'poor'")
    const url = new URL(database.url)
    Object.assign(url, { username: 'poor', password: 'poor' })
    const poor = openPostgres(url.href)
    expect((await failure(poor.count({ table: 'people' }))).code).toBe('permission_missing')
    expect(await poor.tables()).toEqual([])
    await sql.unsafe('drop role poor')
  })
})
