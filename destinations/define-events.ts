import type { z } from 'zod'
import type {
  Account,
  BatchMember,
  Connection,
  Definition,
  Destination,
  Identifiers,
  Lent,
  Members,
  Quotas,
  Receipt,
  Settled,
  Verdict,
} from './define.ts'
import { pacedBy } from './define.ts'
import type { EventNames } from './event-names.ts'

export type AudienceName = { readonly id: string; readonly name: string }

/** A join or a leave to be told: the same id and time at every attempt, of whatever delivery. */
export type MembershipEvent = BatchMember & {
  /** A UUID. Another join of the same member, or a heartbeat, is another event with an id of its own. */
  readonly eventId: string
  /** When the change was first planned. Older than a platform allows: sent with the time that its rule allows. */
  readonly at: Date
  /** Fields that the user added, by the names that the user gave them. */
  readonly properties: Readonly<Record<string, string>>
}

/** A numbered group of events of one direction. The same `id` always means the same events. */
export type EventBatch<Y = unknown> = {
  /** A positive integer below 2^53, unique in this deployment. */
  readonly id: number
  readonly operation: 'add' | 'remove'
  /** `values[i]` of each event belongs to `identifiers[i]`. */
  readonly identifiers: readonly string[]
  readonly events: readonly MembershipEvent[]
  /** The event's name at the platform, `{audience}` filled in. */
  readonly name: string
  readonly audience: AudienceName
  /** The sync's own settings. */
  readonly settings: Y
  /** True when an earlier attempt may have reached the platform without our seeing the answer. */
  readonly repeated: boolean
  /** When it was first tried. */
  readonly since: Date
}

/** What is asked about when a batch of events is settled. */
export type OpenEvents<Y = unknown> = {
  readonly operation: 'add' | 'remove'
  readonly reference: string
  readonly rows: number
  readonly sentAt: Date
  readonly settings: Y
  readonly members: () => Promise<Members>
}

/** The audience at the platform that the events are to fill. */
export type WantedAudience<Y = unknown> = {
  readonly audience: AudienceName
  readonly names: EventNames
  readonly settings: Y
  /** Kept with it at the platform where that is possible, so that an interrupted call finds what it made. */
  readonly marker: string
}

/** How an audience at the platform is made from the events. */
export type AudienceRule = {
  /** What to do by hand, one sentence a step, with the exact names and values. */
  readonly steps: readonly string[]
  /** What nobody can promise about it, said plainly: one sentence each. */
  readonly uncertain: readonly string[]
}

export type MadeAudience = {
  readonly id: string
  readonly name: string
  /** The platform's own facts, label to value. */
  readonly facts: Readonly<Record<string, string | number | null>>
}

/** A secret that we make for whoever receives the events. */
export type OwnSecret = {
  /** The credential that holds it, and the one that holds the one before while it is being changed. */
  readonly field: string
  readonly previous: string
  readonly make: () => string
}

/** The few calls of a platform that takes events. All throw `DestinationFailure` and nothing else. */
export type EventCalls<K, Y> = {
  readonly check: (connection: K) => Promise<Verdict>
  readonly send: (connection: K, batch: EventBatch<Y>) => Promise<Receipt>
  /** Asks what became of a batch that was accepted. A platform whose answers are all final has none. */
  readonly settle?: (connection: K, open: OpenEvents<Y>) => Promise<Settled>
  /** Asks nobody: how the audience is made by hand, and what is not certain about it. */
  readonly audienceRule: (connection: K, wanted: WantedAudience<Y>) => AudienceRule
  /** Makes the audience, or finds what an interrupted call made. Left out where the platform has no way. */
  readonly createAudience?: (connection: K, wanted: WantedAudience<Y>) => Promise<MadeAudience>
}

export type EventDefinition<
  S extends z.ZodObject,
  C extends z.ZodObject,
  Y extends z.ZodObject,
  I extends Identifiers,
> = Omit<Definition<S, C, Y, I>, 'list' | 'addIsAsync' | 'removalIsAsync' | 'limits' | 'syncSettings'> & {
  /** Has what `eventNames` gives. */
  readonly syncSettings: z.output<Y> extends EventNames ? Y : never
  readonly limits: {
    /** Events of one numbered batch. Where a request takes fewer, `send` makes several. */
    readonly rowsPerRequest: number
    readonly bytesPerRequest: number
    /** Batches in flight. */
    readonly requestsInFlight: number
    readonly requestTimeoutMs: number
    /** The longest name of an event. */
    readonly eventNameLength: number
  }
  /**
   * For a platform whose audiences cannot hear of a leave: how long after its last event a member falls out of the audience
   * that these settings make, in milliseconds. Members are announced again each third of it.
   */
  readonly forgetsAfterMs?: (settings: z.output<Y>) => number | undefined
  /** What an account lacks before events can be sent, and what to do; undefined where it lacks nothing. */
  readonly lacks?: (
    account: Account<z.output<S>, z.output<C>>,
  ) => { readonly what: string; readonly next: string } | undefined
  /** A credential of ours, not of the platform: made for an account that brings none, and shown once. */
  readonly ownSecret?: OwnSecret
  readonly event: EventCalls<Connection<z.output<S>, z.output<C>>, z.output<Y>>
}

/** An event destination with one account's settings bound. Settings of a sync go in as stored. */
export type OpenedEvents = {
  readonly account: string
  readonly quotas: Quotas
  readonly lacks: { readonly what: string; readonly next: string } | undefined
  readonly check: () => Promise<Verdict>
  readonly send: (batch: EventBatch) => Promise<Receipt>
  readonly settle: (open: OpenEvents) => Promise<Settled>
  readonly audienceRule: (wanted: WantedAudience) => AudienceRule
  /** Undefined where it can only be made by hand. */
  readonly createAudience: ((wanted: WantedAudience) => Promise<MadeAudience>) | undefined
}

type AnyEventDefinition = EventDefinition<z.ZodObject, z.ZodObject, z.ZodObject, Identifiers>

/** Any platform's event side, its types of settings and credentials closed over by `open`. */
export type EventDestination = Omit<Destination, 'open' | 'limits'> &
  Pick<AnyEventDefinition, 'limits' | 'ownSecret'> & {
    readonly forgetsAfterMs: (settings: unknown) => number | undefined
    /** Parses stored settings and credentials (a ZodError says which field is wrong) and binds the calls to them. */
    readonly open: (stored: Account<unknown, unknown>, lent: Lent) => OpenedEvents
  }

/** The event side of a platform: one such value, and its place in the platform's line of `index.ts`. */
export function defineEvents<
  S extends z.ZodObject,
  C extends z.ZodObject,
  Y extends z.ZodObject,
  const I extends Identifiers,
>(definition: EventDefinition<S, C, Y, I>): Omit<EventDestination, 'identifiers'> & { readonly identifiers: I } {
  const { event, account, quotas, sunsetOf, lacks, forgetsAfterMs, ...facts } = definition
  const settingsOf = (stored: unknown): z.output<Y> => definition.syncSettings.parse(stored)
  const ofSync = <T extends { readonly settings: unknown }>(given: T) => ({
    ...given,
    settings: settingsOf(given.settings),
  })
  return {
    ...facts,
    addIsAsync: false,
    removalIsAsync: false,
    sunsetOf: (settings) => (sunsetOf ? sunsetOf(definition.settings.parse(settings)) : definition.api.sunset),
    forgetsAfterMs: (settings) => forgetsAfterMs?.(settingsOf(settings)),
    open(stored, lent) {
      const opened = {
        settings: definition.settings.parse(stored.settings),
        credentials: definition.credentials.parse(stored.credentials),
      }
      const limits = quotas(opened)
      const connection = { ...lent, ...opened, pace: pacedBy(limits, lent.pace) }
      const { createAudience } = event
      return {
        account: account(opened),
        quotas: limits,
        lacks: lacks?.(opened),
        check: () => event.check(connection),
        send: (batch) => event.send(connection, ofSync(batch)),
        settle: async (open) => event.settle?.(connection, ofSync(open)) ?? { state: 'accepted' },
        audienceRule: (wanted) => event.audienceRule(connection, ofSync(wanted)),
        createAudience: createAudience && ((wanted) => createAudience(connection, ofSync(wanted))),
      }
    },
  }
}
