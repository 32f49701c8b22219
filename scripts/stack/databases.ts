import connect from 'postgres'

/** The address of another database of the same server. */
export function sibling(url: string, database: string): string {
  const address = new URL(url)
  address.pathname = `/${database}`
  return address.href
}

/** Makes the database unless it is there, and returns its address. */
export async function ensureDatabase(url: string, name: string): Promise<string> {
  const sql = connect(url, { max: 1, onnotice: () => {} })
  try {
    const found = await sql`select 1 from pg_database where datname = ${name}`
    if (found.length === 0) await sql`create database ${sql(name)}`
    return sibling(url, name)
  } finally {
    await sql.end()
  }
}
