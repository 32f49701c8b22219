import { temporal } from '@temporalio/proto'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openApp } from '../support/api-app.ts'
import { type Deployment, fault, seedAudience, startDeployment, syncNow, until } from '../support/deployment.ts'

// Values that name a person or open a door are planted wherever they can come in. After a journey with faults they may be
// in the source, sealed in our database, and hashed at the platform: nowhere else.

const person = {
  id: 'canaryMember4711',
  email: 'canary.person@example.test',
  phone: '+1 555 0104711',
  name: 'Canaria Fledgling',
} as const
const secrets = { password: 'canaryPassword4711', token: 'canaryToken4711' } as const

let deployment: Deployment
let api: Awaited<ReturnType<typeof openApp>>['app']
let key: string
const apiLog: string[] = []
const answers: string[] = []
const ends: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  deployment = await startDeployment({ logLevel: 'debug' })
  const log = pino({ level: 'trace' }, { write: (line: string) => apiLog.push(line) })
  const opened = await openApp(deployment, { log })
  api = opened.app
  key = opened.key
  ends.push(opened.close)
}, 120_000)
afterAll(async () => {
  await Promise.all(ends.map((end) => end()))
  await deployment?.stop()
})

async function call(method: string, path: string, body?: unknown) {
  const answer = await api.request(path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (answer.status >= 400) answers.push(`${method} ${path} ${answer.status}: ${text}`)
  return { status: answer.status, text }
}

it('nothing that names a person or opens a door is left where it does not belong', { timeout: 90_000 }, async () => {
  const { people, sql, temporal: client } = deployment
  await people`create table people (id text, email text, phone text, first_name text)`
  await people`insert into people values (${person.id}, ${person.email}, ${person.phone}, ${person.name}), ('2', 'b@example.test', null, null)`
  // unusable values, each of which is the canary itself
  await people`insert into people values ('3', ${`${person.email} x`}, ${`${person.phone} x`}, ${person.name})`
  const fields = ['email', 'phone', 'first_name']
  const at = await seedAudience(deployment, { fields, mapping: { EMAIL: 'email', PHONE: 'phone', FN: 'first_name' } })

  // an ordinary run, one through every fault, and an update and a leave
  await syncNow(deployment, at.audienceId)
  for (const name of ['drop_after', 'server_error', 'throttled', 'html_error', 'reject_rows'])
    await fault(deployment, { fault: name, times: 1, match: { path: '/users' } })
  await people`update people set email = ${`new.${person.email}`} where id = ${person.id}`
  await people`insert into people values ('4', 'd@example.test', ${person.phone}, ${person.name})`
  await syncNow(deployment, at.audienceId)
  await people`delete from people where id = '4'`
  await syncNow(deployment, at.audienceId)

  // a query whose error quotes the row, and a source that cannot be reached with its password
  const [audience] = await sql`select query, source_id from audience where id = ${at.audienceId}`
  await sql`update audience set query = ${`select *, email::int from people where email like '${person.email.slice(0, 9)}%'`} where id = ${at.audienceId}`
  expect(await syncNow(deployment, at.audienceId)).toMatchObject({ status: 'failed' })
  const wrong = new URL(deployment.sourceUrl)
  wrong.password = secrets.password
  wrong.pathname = '/nowhere'
  await sql`update source set credentials = ${deployment.seal.seal(JSON.stringify({ url: wrong.href }))}`
  await sql`update audience set query = ${audience?.query} where id = ${at.audienceId}`
  expect(await syncNow(deployment, at.audienceId)).toMatchObject({ status: 'failed' })
  await sql`update source set credentials = ${deployment.seal.seal(JSON.stringify({ url: deployment.sourceUrl }))}`

  // an error of our own database that quotes the row
  await sql.unsafe(`create function quote() returns trigger language plpgsql as $$ begin
      raise exception 'a row is wrong: ${person.email}, ${person.name}' using errcode = '23514', detail = '${person.phone}'; end $$;
    create trigger quote before insert on ledger for each row execute function quote()`)
  await people`insert into people values ('5', ${`five.${person.email}`}, ${person.phone}, ${person.name})`
  const synced = syncNow(deployment, at.audienceId)
  await until(async () => deployment.workerOutput().includes('hash failed: PostgresError 23514'))
  await sql`drop trigger quote on ledger`
  await synced

  // a token that the platform refuses
  await sql`update destination set credentials = ${deployment.seal.seal(JSON.stringify({ access_token: secrets.token, app_secret: secrets.token }))}`
  await people`delete from people where id = '5'`
  await syncNow(deployment, at.audienceId)

  // what people type where it does not belong
  const handle = client.workflow.getHandle(`audience-${at.audienceId}`)
  await handle.signal('instantSyncc', person.email)
  await handle.query('status')
  const typed = { name: 'x', kind: 'postgres', credentials: { url: wrong.href } }
  await call('POST', '/v1/sources', typed)
  await call('POST', '/v1/sources', { ...typed, credentials: { url: `nonsense://${secrets.password}@x` } })
  await call('POST', '/v1/destinations', {
    name: 'x',
    platform: 'meta',
    settings: {},
    credentials: { access_token: secrets.token },
  })
  await call('POST', '/v1/people/lookup', { email: `${person.email} x`, phone: person.phone })
  await call('POST', '/v1/people/lookup', { memberId: person.id })
  await call('POST', '/v1/people/lookup', `{"email": "${person.email}"`)
  await call('PATCH', `/v1/audiences/${at.audienceId}`, {
    query: `select '${person.email}'::int from people`,
    refreshInterval: person.phone,
  })
  await call('GET', `/v1/audiences/${at.audienceId}/preview`)
  await call('PUT', `/v1/audiences/${at.audienceId}/members`, [{ id: person.id, email: person.email }])

  await until(
    async () => (await sql`select from delivery where status in ('planned', 'hashing', 'uploading')`).length === 0,
  )
  const places: Record<string, string> = {
    'a workflow history': await everyHistory(),
    'the output of the worker': deployment.workerOutput(),
    'the log of the API': apiLog.join('\n'),
    'an error of the API': answers.join('\n'),
    'a path at the sandbox': await sandboxPaths(),
    'a table of ours': await ourTables(),
    'the activity of PostgreSQL': await sessions(),
  }
  // the search itself works: each place has something in it, and what may be there is found
  for (const [place, text] of Object.entries(places)) expect(text.length, place).toBeGreaterThan(50)
  expect(places['a workflow history']).toContain('Meta · Buyers')
  expect(await sourceTable()).toContain(person.email)

  const canaries = [
    person.id,
    person.email,
    'canary.person',
    person.phone,
    '5550104711',
    '15550104711',
    person.name,
    'Fledgling',
    ...Object.values(secrets),
  ]
  const found = Object.entries(places).flatMap(([place, text]) =>
    canaries.flatMap((canary) => {
      const where = text.toLowerCase().indexOf(canary.toLowerCase())
      return where < 0 ? [] : [`${canary} in ${place}: …${text.slice(Math.max(0, where - 150), where + 80)}…`]
    }),
  )
  // the signal that somebody sent with a person's address is theirs: it is in the history as they typed it
  expect(found.filter((line) => !line.includes('signalName: instantSyncc'))).toEqual([])

  /** All events of all workflows, with every payload decoded. */
  async function everyHistory(): Promise<string> {
    const words: string[] = []
    for await (const execution of client.workflow.list()) {
      words.push(JSON.stringify(execution.memo), JSON.stringify(execution.searchAttributes))
      const { events } = await client.workflow.getHandle(execution.workflowId, execution.runId).fetchHistory()
      for (const event of events ?? []) words.push(wordsOf(event))
    }
    return words.join('\n')
  }

  function wordsOf(event: temporal.api.history.v1.IHistoryEvent): string {
    const words: string[] = []
    const plain: unknown = temporal.api.history.v1.HistoryEvent.toObject(
      temporal.api.history.v1.HistoryEvent.fromObject(event),
      { longs: String, enums: String },
    )
    const signal = event.workflowExecutionSignaledEventAttributes?.signalName
    collect(plain, words)
    return words.map((word) => (signal ? `signalName: ${signal} ${word}` : word)).join('\n')
  }

  function collect(value: unknown, words: string[]): void {
    if (typeof value === 'string') words.push(value)
    else if (value instanceof Uint8Array) words.push(Buffer.from(value).toString('utf8'))
    else if (Array.isArray(value)) for (const each of value) collect(each, words)
    else if (typeof value === 'object' && value !== null) for (const each of Object.values(value)) collect(each, words)
  }

  async function sandboxPaths(): Promise<string> {
    const answer = await fetch(`${deployment.sandbox.url}/_sandbox/requests?limit=10000`)
    return answer.text()
  }

  async function ourTables(): Promise<string> {
    const tables = await sql<{ name: string }[]>`
      select c.oid::regclass::text as name from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
        and c.relname !~ '^(stage|plan)_[0-9]'`
    const texts = await Promise.all(
      tables.map(async ({ name }) => {
        const rows = await sql.unsafe(`select t::text as row from ${name} t`)
        return rows.map(({ row }) => `${name}: ${row} ${bytesIn(row)}`).join('\n')
      }),
    )
    return texts.join('\n')
  }

  /** What PostgreSQL shows as hexadecimal digits, as text. */
  function bytesIn(row: string): string {
    const found = [...row.matchAll(/\\x((?:[0-9a-f]{2})+)/g)]
    return found.map(([, hex]) => Buffer.from(hex ?? '', 'hex').toString('latin1')).join(' ')
  }

  async function sessions(): Promise<string> {
    const rows =
      await sql`select application_name, query from pg_stat_activity where application_name like 'audience-sync%'`
    return rows.map((row) => `${row.application_name} ${row.query}`).join('\n')
  }

  async function sourceTable(): Promise<string> {
    return JSON.stringify(await people`select * from people`)
  }
})
