import type { Sql } from 'postgres'
import { type Column, type Selection, SourceFailure } from '../define.ts'
import { failureOf } from './failure.ts'
import { type From, fromSql, quoted, statement } from './selection.ts'

/** A column, and whether its text in a COPY would not be what a cast to text gives. */
export type Described = Column & { readonly castsToText: boolean }

const boolean = 16
const paddedText = 1042

/** What a selection offers, told by the server's parser: nothing is run. */
export async function describeColumns(sql: Sql, selection: Selection): Promise<Described[]> {
  if ('query' in selection) await refuseSeveralStatements(sql, statement(selection.query))
  const from = fromSql(selection)
  const head = 'select * from '
  const described = await sql
    .unsafe(head + from.sql)
    .describe()
    .catch((error) => {
      throw failureOf(error, writtenAfter(head, from))
    })
  if (described.types.length > 0) throw failureOf({ code: '42P02', severity_local: 'ERROR' })
  const { columns } = described
  refuseDuplicates(columns.map((column) => column.name))
  const types = await typeNames(sql, columns)
  return columns.map(({ name, type }, i) => ({
    name,
    type: types[i] ?? 'text',
    castsToText: type === boolean || type === paddedText,
  }))
}

// By itself first, and by the extended protocol, which takes one statement: what would close our parenthesis and go on
// with something else is not a statement in itself.
async function refuseSeveralStatements(sql: Sql, text: string): Promise<void> {
  const described = await sql
    .unsafe(text)
    .describe()
    .catch((error) => {
      throw failureOf(error, { text, from: 0 })
    })
  if (described.columns.length === 0)
    throw new SourceFailure({
      code: 'query_without_columns',
      what: 'The query returns no columns.',
      whose: 'you',
      next: 'Use a SELECT that names the columns to read.',
    })
}

export const writtenAfter = (head: string, from: From) => ({
  text: from.written.text,
  from: Array.from(head).length + from.written.from,
})

function refuseDuplicates(names: readonly string[]): void {
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  if (twice.length === 0) return
  throw new SourceFailure({
    code: 'columns_duplicate',
    what: `The query returns more than one column named ${list([...new Set(twice)])}.`,
    whose: 'you',
    next: 'Give each column a name of its own by "as".',
  })
}

async function typeNames(sql: Sql, columns: readonly { readonly type: number }[]): Promise<string[]> {
  const oids = columns.map((column) => column.type).join(',')
  const rows = await sql.unsafe<{ type: string }[]>(
    `select format_type(oid, null) as type from unnest('{${oids}}'::oid[]) with ordinality as t (oid, at) order by at`,
  )
  return rows.map((row) => row.type)
}

/** The select list for the named columns. Throws which of them is gone; the first is the member id where `withId`. */
export function selectList(offered: readonly Described[], names: readonly string[], withId: boolean): string {
  const byName = new Map(offered.map((column) => [column.name, column]))
  const missing = names.filter((name) => !byName.has(name))
  const [id] = names
  if (withId && id !== undefined && missing.includes(id)) {
    throw new SourceFailure({
      code: 'member_id_column_missing',
      what: `The source has no column ${list([id])}, which is the member id.`,
      whose: 'you, or whoever keeps the source',
      next: 'Bring the column back, or choose another one as member id.',
    })
  }
  if (missing.length > 0) {
    throw new SourceFailure({
      code: 'column_missing',
      what: `The source no longer has the ${missing.length === 1 ? 'column' : 'columns'} ${list(missing)}, which the audience uses.`,
      whose: 'you, or whoever keeps the source',
      next: 'Bring them back, or take them out of the mapping and the fields of the audience.',
    })
  }
  return names.map((name) => `${quoted(name)}${byName.get(name)?.castsToText ? '::text' : ''}`).join(', ')
}

const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')
