import { type Selection, SourceFailure } from '../define.ts'
import type { Written } from './failure.ts'

/** A selection as something that can stand after FROM. `written` says where the user's own words are in it. */
export type From = { readonly sql: string; readonly written: Written }

const alias = ' as selected'

/**
 * The parentheses and the line feed keep a query apart from what is around it; that it is one statement in itself is
 * checked by the server before it is ever put in here.
 */
export function fromSql(selection: Selection): From {
  if ('table' in selection) {
    const name = tableName(selection.table)
    return { sql: `${name}${alias}`, written: { text: '', from: 0 } }
  }
  const text = statement(selection.query)
  return { sql: `(\n${text}\n)${alias}`, written: { text, from: 2 } }
}

/** The query without the semicolons at its end, which people write and a subquery cannot have. */
export function statement(query: string): string {
  const text = query.replace(/[\s;]+$/, '')
  if (text.trim() === '')
    throw new SourceFailure({ code: 'query_empty', what: 'The query is empty.', whose: 'you', next: 'Write a SELECT.' })
  if (text.includes('\0'))
    throw new SourceFailure({
      code: 'syntax_error',
      what: 'The query has a zero character in it.',
      whose: 'you',
      next: 'Delete it.',
    })
  return text
}

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** `name` or `schema.name`; either part may be in double quotes. A name without quotes is taken as it is written. */
export function tableName(text: string): string {
  const parts = text.trim().match(/"(?:[^"]|"")+"|[^."\s][^."]*|\./g) ?? []
  const names = parts.filter((part) => part !== '.')
  const wellFormed = parts.join('') === text.trim() && parts.length === names.length * 2 - 1
  if (!wellFormed || names.length > 2 || text.includes('\0')) {
    throw new SourceFailure({
      code: 'table_name_wrong',
      what: 'This is not the name of a table or view.',
      whose: 'you',
      next: 'Give it as name or schema.name, a part with a dot in it in double quotes.',
    })
  }
  return names.map((name) => (name.startsWith('"') ? name : quoted(name))).join('.')
}

/** The name that `tableName` reads. */
export const qualified = (schema: string, name: string) => `${part(schema)}.${part(name)}`

const part = (name: string) => (/^[\p{L}\p{N}_$-]+$/u.test(name) ? name : quoted(name))
