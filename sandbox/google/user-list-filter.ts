import { camel } from './message.ts'
import type { UserList } from './state.ts'
import { refuse } from './status-error.ts'

const fields: Record<string, (list: UserList) => string> = {
  id: ({ id }) => id,
  displayName: ({ displayName }) => displayName,
  description: ({ description }) => description ?? '',
  membershipStatus: ({ membershipStatus }) => membershipStatus,
  integrationCode: ({ integrationCode }) => integrationCode ?? '',
  accessReason: () => 'OWNED',
  'ingestedUserListInfo.uploadKeyTypes': ({ uploadKeyType }) => uploadKeyType,
}

// UNVERIFIED: `:` looks for a part of a text, whatever its case.
const comparisons: Record<string, (held: string, wanted: string) => boolean> = {
  '=': (held, wanted) => held === wanted,
  '!=': (held, wanted) => held !== wanted,
  '>': (held, wanted) => order(held, wanted) > 0,
  '>=': (held, wanted) => order(held, wanted) >= 0,
  '<': (held, wanted) => order(held, wanted) < 0,
  '<=': (held, wanted) => order(held, wanted) <= 0,
  ':': (held, wanted) => held.toLowerCase().includes(wanted.toLowerCase()),
}

/** Ids are numbers, whatever their length; everything else is text. */
function order(held: string, wanted: string): number {
  if (/^\d+$/.test(held) && /^\d+$/.test(wanted))
    return held.length - wanted.length || (held < wanted ? -1 : held > wanted ? 1 : 0)
  return held < wanted ? -1 : held > wanted ? 1 : 0
}

const condition = /\s*([a-zA-Z_.]+)\s*(!=|>=|<=|=|>|<|:)\s*("(?:[^"\\]|\\.)*"|[^\s"]+)\s*(AND\s|$)/y

/** The test of a filter such as `display_name = "VIP" AND membership_status = OPEN`; throws what Google answers to a wrong one. */
export function readFilter(filter: string): (list: UserList) => boolean {
  const tests: ((list: UserList) => boolean)[] = []
  let at = 0
  while (at < filter.length) {
    condition.lastIndex = at
    const [whole, name = '', operator = '', value = '', and = ''] = condition.exec(filter) ?? []
    const key = camel(name)
    const read = Object.hasOwn(fields, key) ? fields[key] : undefined
    const compare = Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined
    if (whole === undefined || read === undefined || compare === undefined)
      throw refuse.violation('filter', 'INVALID_FILTER', 'The query filter is invalid.')
    const wanted = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
    tests.push((list) => compare(read(list), wanted))
    at += whole.length
    if (and !== '' && filter.slice(at).trim() === '')
      throw refuse.violation('filter', 'INVALID_FILTER', 'The query filter is invalid.')
  }
  return (list) => tests.every((test) => test(list))
}
