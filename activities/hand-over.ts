import { eventIdOf } from '../db/event-id.ts'
import type { SyncFacts } from '../db/queries/deliver.ts'
import type { NextBatch } from '../db/queries/upload.ts'
import type { BatchMember, Members, Receipt } from '../destinations/define.ts'
import type { MembershipEvent } from '../destinations/define-events.ts'
import { eventName } from '../destinations/event-names.ts'
import { propertiesIdentifier, readProperties } from '../destinations/properties.ts'
import type { Connected } from './connection.ts'

/** The people of a batch; of an event sync with the time of each one's event. */
export type People = Members & { readonly times: readonly (Date | null)[] }

/** Gives a batch to the platform: members for its list, or the events that tell of them. */
export function handOver(
  { opened, destination }: Connected,
  sync: SyncFacts,
  { id, operation, listId, attempts, sentAt }: NextBatch,
  people: People,
): Promise<Receipt> {
  const batch = {
    id,
    operation,
    settings: sync.syncSettings,
    repeated: attempts > 0,
    since: sentAt ?? new Date(),
  }
  if ('upload' in opened) return opened.upload({ ...batch, ...people, listId })
  if (!('eventNameLength' in destination.limits))
    throw new Error(`The platform ${sync.platform} takes events, but does not say how long their names may be.`)
  // as it was named when the sync was made: what listens for it at the platform knows it by that
  const audience = { id: sync.audienceId, name: sync.listName ?? sync.audienceName }
  const { addedEvent, removedEvent } = sync.syncSettings
  const names = { addedEvent: String(addedEvent), removedEvent: String(removedEvent) }
  return opened.send({
    ...batch,
    ...eventsOf(sync.id, operation, people),
    audience,
    name: eventName(names, operation, audience, destination.limits.eventNameLength),
  })
}

/** Each member's event. Their properties, where there are any, are the last of their values: no other code is higher. */
function eventsOf(syncId: string, operation: 'add' | 'remove', { identifiers, members, times }: People) {
  const withProperties = identifiers.at(-1) === propertiesIdentifier
  const action = operation === 'add' ? 'added' : 'removed'
  const events = members.map((member, at): MembershipEvent => {
    const time = times[at]
    if (!time) throw new Error('A member of an event sync has no time for its event: the ledger was changed by hand.')
    return new PlannedEvent(member, time, eventIdOf(syncId, member.key, action, time), withProperties)
  })
  return { identifiers: withProperties ? identifiers.slice(0, -1) : identifiers, events }
}

/** Its values are made when they are asked for and not kept, as those of the member are. */
class PlannedEvent implements MembershipEvent {
  readonly key: string
  readonly id: string | undefined
  readonly at: Date
  readonly eventId: string
  readonly #member: BatchMember
  readonly #withProperties: boolean

  constructor(member: BatchMember, at: Date, eventId: string, withProperties: boolean) {
    this.key = member.key
    this.id = member.id
    this.at = at
    this.eventId = eventId
    this.#member = member
    this.#withProperties = withProperties
  }

  get values(): BatchMember['values'] {
    return this.#withProperties ? this.#member.values.slice(0, -1) : this.#member.values
  }

  get properties(): Readonly<Record<string, string>> {
    return this.#withProperties ? readProperties(this.#member.values.at(-1)) : {}
  }
}
