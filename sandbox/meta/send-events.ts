import { newTrace, refuse } from './graph-error.ts'
import type { Context, Outcome } from './operation.ts'
import { required, structure, text } from './parameters.ts'
import { readEvent } from './read-event.ts'

const MOST_EVENTS = 1_000

/**
 * Takes all events of a request or, when one of them is at fault, none. Repeats are received like any other: nothing in
 * the answer tells them. Test events count too, as at Meta. What a fault would have refused of it is not: there are no partial answers.
 */
export function sendEvents({ state, account, parameters }: Context): Outcome {
  const data = required(structure(parameters, 'data'), 'data')
  if (!Array.isArray(data) || data.length === 0 || data.length > MOST_EVENTS)
    throw refuse.parameter(`Param data must be an array of 1 to ${MOST_EVENTS} events.`)
  const test = text(parameters, 'test_event_code')
  const now = state.clock.now()
  const events = data.map((each: unknown) => readEvent(each, now))
  for (const event of events) {
    const details = { ...event.details, ...(test ? { test_event_code: test } : {}) }
    state.events.take({ ...event, details, stream: account.pixelId })
  }
  return {
    body: { events_received: events.length, messages: [], fbtrace_id: newTrace() },
    note: { received: events.length, invalid: 0 },
  }
}
