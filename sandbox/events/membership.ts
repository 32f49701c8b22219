import type { Action, Membership, SentEvent } from './event.ts'

/** Which audience an event speaks of, by the standard properties; the action also by the event's usual names. */
export function readMembership({ name, properties }: Pick<SentEvent, 'name' | 'properties'>): Membership {
  const { segment_id, segment_name, action, occurred_at } = properties
  const occurredAt = typeof occurred_at === 'string' ? Date.parse(occurred_at) : Number.NaN
  return {
    audience: textOf(segment_id),
    audienceName: textOf(segment_name),
    action: action === 'added' || action === 'removed' ? action : actionOf(name),
    occurredAt: Number.isNaN(occurredAt) ? undefined : occurredAt,
  }
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

function actionOf(name: string): Action | undefined {
  if (/^(added_to_segment|audience entered)/i.test(name)) return 'added'
  return /^(removed_from_segment|audience exited)/i.test(name) ? 'removed' : undefined
}
