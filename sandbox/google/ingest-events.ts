import { readBody } from './audience-members.ts'
import { consentError } from './consent.ts'
import { checkReferences, missing } from './destinations.ts'
import { readEventTargets } from './event-destinations.ts'
import { ingestEventsRequest } from './event-shapes.ts'
import { inner, innerList, text } from './message.ts'
import type { Context, Outcome } from './operation.ts'
import { checkStreams, type ReadEvent, readEvent } from './read-event.ts'
import type { Violation } from './status-error.ts'
import { newRequestId, refuse } from './status-error.ts'
import { processRows, takeRequest } from './take-request.ts'

const MOST_EVENTS = 2_000

/** Takes all events of a request or, when one of them is at fault, none. */
export function ingestEvents(context: Context): Outcome {
  const { state, disturbance } = context
  const request = readBody(ingestEventsRequest, context.body)
  const violations: Violation[] = []
  const targets = readEventTargets(context, request, violations)
  const sent = innerList(request, 'events')
  if (sent.length === 0) violations.push(missing('events'))
  if (sent.length > MOST_EVENTS) {
    const description = `Maximum number of events allowed per request is ${MOST_EVENTS}.`
    throw refuse.violations([...violations, { field: 'events', description, reason: 'TOO_MANY_EVENTS' }])
  }
  const reading = { encoding: text(request, 'encoding'), violations, now: state.clock.now() }
  const events = sent.map((each, index) => {
    const at = `events[${index}]`
    const read = readEvent(each, at, reading)
    checkReferences(read.references, targets, at, violations)
    checkStreams(each, targets, at, violations)
    return read
  })
  const holdsUserData = sent.some(({ userData }) => userData !== undefined)
  if (holdsUserData && ['', 'ENCODING_UNSPECIFIED'].includes(reading.encoding)) violations.push(missing('encoding'))
  if (holdsUserData && request.encryptionInfo !== undefined)
    violations.push({
      field: 'encryption_info',
      description: 'The sandbox takes hashed identifiers only: it can decrypt nothing.',
      reason: 'INVALID_ARGUMENT',
    })
  if (violations.length > 0) throw refuse.violations(violations)
  if (request.validateOnly === true) return { body: { requestId: newRequestId() }, note: { received: events.length } }
  const consent = inner(request, 'consent')
  const destinations = targets.map((target) => {
    const put = ({ event, consent: own }: ReadEvent, reason?: string) => {
      const details = { ...event.details, consent: { ...consent, ...own }, streamId: target.sent.productDestinationId }
      state.events.take({ ...event, stream: target.account.analytics.propertyId, details }, reason)
    }
    return processRows(disturbance, target, events, {
      refusal: (event: ReadEvent) => consentError(target.account, consent, event),
      act: (event) => put(event),
      refused: put,
    })
  })
  return takeRequest(context, { what: 'events' }, { targets, destinations })
}
