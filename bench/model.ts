import postgres from 'postgres'

const rows = 20_000
const connections = 5

/**
 * The row-at-a-time way: for each member one SELECT by its key and one write, each a transaction, on five connections
 * with prepared statements. It is given the keys, so it need not even read the source. Returns the milliseconds that it
 * would take for `members`.
 */
export async function openModel(url: string): Promise<{ run(members: number): Promise<number>; end(): Promise<void> }> {
  const sql = postgres(url, { max: connections, onnotice: () => {} })
  await sql`create table if not exists model_state (member_key uuid primary key, fingerprint bigint, seen_at timestamptz)`
  await sql`insert into model_state select md5(n::text)::uuid, n, now() from generate_series(1, ${rows}) n`
  const keys = await sql<{ key: string; fingerprint: string }[]>`select member_key as key, fingerprint from model_state`
  return {
    async run(members) {
      const began = performance.now()
      const next = keys.values()
      const lane = async () => {
        for (const { key, fingerprint } of next) {
          const [state] = await sql`select fingerprint from model_state where member_key = ${key}`
          if (state?.fingerprint !== fingerprint) throw new Error('The model found a change where there was none.')
          await sql`update model_state set seen_at = now() where member_key = ${key}`
        }
      }
      await Promise.all(Array.from({ length: connections }, lane))
      return ((performance.now() - began) * members) / rows
    },
    async end() {
      await sql`drop table model_state`
      await sql.end()
    },
  }
}
