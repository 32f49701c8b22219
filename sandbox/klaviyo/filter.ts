import { refuse } from './api-error.ts'

export type Comparison = 'equals' | 'any' | 'greater-than' | 'greater-or-equal' | 'less-than' | 'less-or-equal'

export interface Condition {
  field: string
  comparison: Comparison
  /** One value, or those of `any`. */
  values: string[]
}

const MOST_VALUES = 100

const names: readonly Comparison[] = ['equals', 'any', 'greater-than', 'greater-or-equal', 'less-than', 'less-or-equal']
const isComparison = (name: string): name is Comparison => names.some((known) => known === name)

const term =
  /\s*([a-z-]+)\(\s*([a-z_]+)\s*,\s*(\[(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\]"'])*\]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^)"']+?)\s*\)\s*(,|$)/y

/** The conditions of a filter such as `any(email,["a","b"])`, all of which must hold. `allowed` says which fields take what. */
export function readFilter(query: URLSearchParams, allowed: Record<string, readonly Comparison[]>): Condition[] {
  const filter = query.get('filter') ?? ''
  const conditions: Condition[] = []
  let at = 0
  while (at < filter.length) {
    term.lastIndex = at
    const [whole, name = '', field = '', value = '', comma = ''] = term.exec(filter) ?? []
    if (whole === undefined || !isComparison(name)) throw refuse.parameter('The filter is not valid.', 'filter')
    if (!(Object.hasOwn(allowed, field) && allowed[field]?.includes(name)))
      throw refuse.parameter(`'${field.slice(0, 60)}' cannot be filtered by '${name}'.`, 'filter')
    conditions.push({ field, comparison: name, values: readValues(name, value) })
    at += whole.length
    if (comma !== '' && at >= filter.length) throw refuse.parameter('The filter is not valid.', 'filter')
  }
  return conditions
}

function readValues(name: Comparison, text: string): string[] {
  if ((name === 'any') !== text.startsWith('['))
    throw refuse.parameter(name === 'any' ? 'any takes a list of values.' : `${name} takes one value.`, 'filter')
  if (name !== 'any') return [readValue(text)]
  const values = readList(text)
  if (values.length > MOST_VALUES) throw refuse.parameter(`A filter takes at most ${MOST_VALUES} values.`, 'filter')
  return values
}

/** A list of quoted texts, as in JSON or between single quotes. */
function readList(text: string): string[] {
  const items = text.slice(1, -1).trim()
  if (items === '') return []
  const parts = items.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,\s]+/g) ?? []
  return parts.map(readValue)
}

function readValue(text: string): string {
  const quote = text[0]
  return quote === '"' || quote === "'" ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text
}
