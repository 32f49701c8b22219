import type { EventBatch, MembershipEvent } from './define-events.ts'

/** The parameters that say what an event is about, under the names that are the same at every platform. Scalars, and short. */
export type EventParameters = {
  /** Our audience's id. */
  readonly segment_id: string
  readonly segment_name: string
  readonly action: 'added' | 'removed'
  /** When the member joined or left, as we first planned to tell it: ISO time. */
  readonly occurred_at: string
}

export const parametersOf = (
  { audience, operation }: Pick<EventBatch, 'audience' | 'operation'>,
  { at }: Pick<MembershipEvent, 'at'>,
): EventParameters => ({
  segment_id: audience.id,
  segment_name: audience.name,
  action: operation === 'add' ? 'added' : 'removed',
  occurred_at: at.toISOString(),
})
