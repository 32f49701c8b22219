import type { Sql } from 'postgres'

/** The six mapped fields, and what Meta calls them. */
export const mapping = {
  EMAIL: 'email',
  PHONE: 'phone',
  FN: 'first_name',
  LN: 'last_name',
  ZIP: 'zip',
  COUNTRY: 'country',
}
export const fields = Object.values(mapping).sort()

/** What the worker reads and what the floor reads. */
export const query = `select id, ${fields.join(', ')} from people`

const syllables = 'an ber car den el fin gra hol in jor kel lun mar nor os pel quin ros sal tor'.split(' ')
const array = (words: readonly string[]) => `(array['${words.join("','")}'])`
const firstNames = syllables.flatMap((a) => syllables.map((b) => `${a[0]?.toUpperCase()}${a.slice(1)}${b}`))
const lastNames = firstNames.map((name, at) => (at % 11 === 0 ? `O''${name}` : at % 7 === 0 ? `${name}-Smith` : name))
const countries = ['US', 'US', 'US', 'US', 'us', 'United States', 'CA', 'DE', 'GB', 'FR']

// Of mixed quality, as people type: a tenth in capitals, phones in four ways, every fiftieth without a phone.
const person = `
  'customer-' || lpad(n::text, 11, '0') as id,
  case when n % 10 = 0 then 'Person.' || n || '@Example.test' else 'person.' || n || '@example.test' end as email,
  case when n % 50 = 0 then null when n % 4 = 0 then '+1 (555) ' || lpad((n % 10000000)::text, 7, '0')
    when n % 4 = 1 then '+1555' || lpad((n % 10000000)::text, 7, '0')
    else '001-555-' || lpad((n % 10000000)::text, 7, '0') end as phone,
  (${array(firstNames)})[1 + (n * 7919) % ${firstNames.length}] as first_name,
  (${array(lastNames)})[1 + (n * 104729) % ${lastNames.length}] as last_name,
  lpad(((n * 48271) % 40000)::text, 5, '0') as zip,
  (${array(countries)})[1 + n % ${countries.length}] as country`

/** Makes the source: a table of so many people who do not exist. */
export async function makePeople(sql: Sql, members: number): Promise<void> {
  await sql.unsafe(`create table people as select n, ${person} from generate_series(1::bigint, ${members}) n`)
  await sql.unsafe('alter table people add primary key (n)')
  await settle(sql)
}

/** One percent of them changes, a third each: joined, left, with another e-mail. Returns how many of each. */
export async function changePeople(
  sql: Sql,
  round: number,
): Promise<{ joined: number; left: number; updated: number }> {
  const one = 300
  const left = await sql.unsafe(`delete from people where n % ${one} = ${round}`)
  const updated = await sql.unsafe(
    `update people set email = 'new${round}.' || email where n % ${one} = ${one / 2 + round}`,
  )
  const joined = await sql.unsafe(`
    insert into people select n, ${person} from generate_series((select max(n) + 1 from people),
      (select max(n) from people) + ${left.count}) n`)
  await settle(sql)
  return { joined: joined.count, left: left.count, updated: updated.count }
}

/** So that no reader pays for what a writer before it left to be done. */
const settle = (sql: Sql) => sql.unsafe('vacuum (analyze) people')
