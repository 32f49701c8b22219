import connect from 'postgres'
import { ensureDatabase } from '../stack/databases.ts'
import { inventPerson } from './people.ts'

export const peopleCount = 10_000

/** The audience of the demo, as its source is asked. */
export const readersQuery =
  'select person_id, email, phone, first_name, last_name, city, postcode, country from people where subscribed'

/** Makes the database `demo` with its table `people`, unless they are there. Returns the database's address. */
export async function ensureDemoSource(serverUrl: string): Promise<string> {
  const url = await ensureDatabase(serverUrl, 'demo')
  const sql = connect(url, { max: 1, onnotice: () => {} })
  try {
    // One transaction: a table that is there has its people.
    await sql.begin(async (tx) => {
      const [found] = await tx`select to_regclass('public.people') as name`
      if (found?.name) return
      await tx`create table people (
        person_id text primary key, email text, phone text, first_name text, last_name text, city text,
        postcode text, country text, subscribed boolean not null, changed_at timestamptz not null default now())`
      const people = Array.from({ length: peopleCount }, (_, index) => inventPerson(index + 1))
      for (let at = 0; at < people.length; at += 1_000) await tx`insert into people ${tx(people.slice(at, at + 1_000))}`
    })
    return url
  } finally {
    await sql.end()
  }
}

/** Lets a few people join, leave and change: what a day does to a customer database, in one transaction. */
export async function changeALittle(url: string): Promise<{ joined: number; left: number; changed: number }> {
  const sql = connect(url, { max: 1, onnotice: () => {}, connect_timeout: 5 })
  const some = (subscribed: boolean, upTo: number) =>
    sql`select person_id from people where subscribed = ${subscribed} order by random() limit ${1 + Math.floor(Math.random() * upTo)}`
  try {
    return await sql.begin(async (tx) => {
      const change = (what: ReturnType<typeof sql>, who: ReturnType<typeof some>) =>
        tx`update people set ${what}, changed_at = now() where person_id in (${who})`
      const joined = await change(sql`subscribed = true`, some(false, 5))
      const left = await change(sql`subscribed = false`, some(true, 4))
      const changed = await change(
        sql`email = lower(person_id) || '.' || floor(random() * 1e6)::int || '@example.test'`,
        some(true, 2),
      )
      return { joined: joined.count, left: left.count, changed: changed.count }
    })
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Changes people each `everyMs` until stopped. Trouble is told once, until it goes well again. */
export function keepChanging(url: string, everyMs: number, log: (line: string) => void): () => void {
  let troubled = false
  const tick = () =>
    changeALittle(url).then(
      ({ joined, left, changed }) => {
        troubled = false
        log(`In the source database ${joined} joined, ${left} left, ${changed} changed their e-mail.`)
      },
      () => {
        if (!troubled) log('The source database of the demo does not answer; it is tried again at each interval.')
        troubled = true
      },
    )
  const timer = setInterval(tick, everyMs)
  return () => clearInterval(timer)
}
