/**
 * Whether leaves or updates are too many to go out without a person: an empty snapshot of an audience that was not
 * empty, or more than the sync's limit, in number and in share. Members who became unusable are leavers too.
 */
export function brake(plan: {
  readonly goal: 'match' | 'empty'
  readonly members: number | null
  readonly heldBefore: number
  readonly leaves: number
  readonly updates: number
  readonly percent: number
  readonly minimum: number
}): { readonly leaves: boolean; readonly updates: boolean } {
  if (plan.goal === 'empty') return { leaves: false, updates: false }
  const tooMany = (changes: number) => changes > plan.minimum && changes > (plan.heldBefore * plan.percent) / 100
  const emptied = plan.members === 0 && plan.leaves > 0
  return { leaves: emptied || tooMany(plan.leaves), updates: tooMany(plan.updates) }
}
