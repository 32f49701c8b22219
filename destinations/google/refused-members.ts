import type { Violation } from './calls.ts'
import { MEMBER_REASONS } from './error-table.ts'

/** Those whom a request was refused for, by key, each with the reason. `place` finds a row's number in the path of a field. */
export function refusedMembers(
  rows: readonly { readonly key: string }[],
  violations: readonly Violation[],
  place: RegExp,
  /** Reasons that speak of the request as a whole. */
  ofAll: Readonly<Record<string, unknown>>,
): Map<string, string> {
  const members = new Map<string, string>()
  for (const { field, reason } of violations) {
    const number = place.exec(field)?.[1]
    const row = number === undefined ? undefined : rows[Number(number)]
    if (row && !ofAll[reason])
      members.set(row.key, `Google: ${MEMBER_REASONS[reason] ?? 'refused'} (${reason || 'no reason told'})`)
  }
  return members
}
