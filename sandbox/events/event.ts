/** An event as a platform read it out of a request. */
export interface SentEvent {
  /** Where it was sent to: the id of a dataset, a pixel, a property; empty where a platform has but one place. */
  stream: string
  /** Its own id; undefined when it has none, and then it never repeats another. */
  id: string | undefined
  name: string
  /** When it happened, in milliseconds. */
  time: number
  /** What names the person, in the platform's words: a text, or several. */
  identifiers: Record<string, unknown>
  /** The custom properties. */
  properties: Record<string, unknown>
  /** Whatever else came with it and may be of interest. */
  details?: Record<string, unknown> | undefined
}

/** `kept` counts; a `repeat` came with an id that was known; what was `dropped` the platform silently forgot. */
export type Outcome = 'kept' | 'repeat' | 'dropped'

export interface ReceivedEvent extends SentEvent {
  /** Counts from 1, in the order of arrival. */
  seq: number
  /** In milliseconds, by the platform's clock. */
  received: number
  outcome: Outcome
  /** Why it was dropped, or what it repeats. */
  reason: string | undefined
}

export type Action = 'added' | 'removed'

/** What an event says of an audience of ours; what it does not say is undefined. */
export interface Membership {
  audience: string | undefined
  audienceName: string | undefined
  action: Action | undefined
  /** In milliseconds; finer than the time of many platforms. */
  occurredAt: number | undefined
}
