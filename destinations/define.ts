import type { z } from 'zod'
import type { Normalise } from '../identity/refusal.ts'

/** One identifier (or describing value) that a platform takes for a person: a row of the destination's table. */
export type Identifier = {
  /** 1 to 255, never reused: the ledger stores it instead of the name. */
  readonly code: number
  readonly label: string
  /** What is done to a value before it is sent, in one sentence for people. */
  readonly rule: string
  readonly normalise: Normalise
  /** `hashed`: SHA-256 in lowercase hex is sent; a value that is one already passes in lowercase. `plain`: as normalised. */
  readonly sent: 'hashed' | 'plain'
  /** `strong` names a person by itself; `matching` helps to find one; `describing` says something about the person. */
  readonly role: 'strong' | 'matching' | 'describing'
  /** Usual names of the field that holds it, for suggestions. */
  readonly fields: readonly string[]
  /** A plain value that names a person: the ledger compares its hash and keeps the value itself sealed. */
  readonly sealed?: true
  /** The longest value that is looked at, in characters; 4,096 where it does not say. */
  readonly longest?: number
  /** Names a person only together with all the others of the same word: where one is missing, none of them is sent. */
  readonly partOf?: string
  /** Members with different values never share a batch, because the platform's answer is told for all of a batch. */
  readonly groups?: true
}

export type Identifiers = Readonly<Record<string, Identifier>>

/** A limit that the platform declares: at most `limit` requests in each window of `windowMs`, shared by all that use `key`. */
export type Quota = { readonly key: string; readonly limit: number; readonly windowMs: number }

/** A platform's quotas by the names that its calls use. */
export type Quotas = Readonly<Record<string, Quota>>

/** How full a quota is by the platform's own word (0 to 100 and over), and when it opens again if it is closed. */
export type Usage = { readonly key: string; readonly percent: number; readonly regainAfterMs: number }

/** A list (custom audience) as the platform tells of it. */
export type List = {
  readonly id: string
  readonly name: string
  /** Whether members may be changed now; else `problem` says why not and what to do. */
  readonly usable: boolean
  readonly problem?: string
  /** How long after it was last added a member falls out of this list by itself, in milliseconds. */
  readonly forgetsAfterMs?: number
  /** The identifiers that this list takes; undefined where it takes all of the platform's. */
  readonly accepts?: readonly string[]
  /** The platform's own facts, label to value, in its order: size, status, dates. Never about a person. */
  readonly facts: Readonly<Record<string, string | number | null>>
}

export type ListPage = { readonly lists: readonly List[]; readonly next?: string }

/** What a check of a connection found. `problems` is empty when all is well. */
export type Verdict = {
  readonly ok: boolean
  readonly account?: string
  readonly problems: readonly {
    readonly what: string
    readonly whose: string
    readonly next: string
    readonly code?: string
  }[]
}

/** A member of a batch: `values[i]` belongs to `identifiers[i]` of its batch; undefined where there is none. */
export type BatchMember = {
  readonly key: string
  readonly values: readonly (string | undefined)[]
  /** The platform's own id of this person, where `settle` has told it. */
  readonly id?: string | undefined
}

/** The people of a batch. */
export type Members = { readonly identifiers: readonly string[]; readonly members: readonly BatchMember[] }

/** A numbered group of changes of one operation. The same `id` always means the same members: the idempotency key. */
export type Batch<Y = unknown> = Members & {
  /** A positive integer below 2^53, unique in this deployment. */
  readonly id: number
  readonly operation: 'add' | 'remove'
  readonly listId: string
  /** The sync's own settings. */
  readonly settings: Y
  /** True when an earlier attempt may have reached the platform without our seeing the answer. */
  readonly repeated: boolean
  /** When it was first tried. */
  readonly since: Date
}

/** The platform's answer to a batch. A member that it refused by name is in `rejected`, keyed by member key. */
export type Receipt = {
  /** `accepted`: taken, the last word comes later by `settle`; `confirmed`: that was the last word. */
  readonly state: 'accepted' | 'confirmed'
  /** With `accepted`: nothing more will ever be told, so that there is nothing to ask for. */
  readonly final?: true
  /** What `settle` asks with later, for example a session id. */
  readonly reference?: string
  readonly received?: number
  readonly refused?: number
  readonly rejected?: ReadonlyMap<string, string>
  /** Reason to count, where the platform tells no names. */
  readonly reasons?: Readonly<Record<string, number>>
}

/** What is asked about when a batch is settled. */
export type Open<Y = unknown> = {
  readonly listId: string
  readonly operation: 'add' | 'remove'
  readonly reference: string
  readonly rows: number
  readonly sentAt: Date
  readonly settings: Y
  /** Who is in the batch still: read only where the platform's answer names people in its own way. */
  readonly members: () => Promise<Members>
}

/** The platform's later word on a batch. */
export type Settled =
  | { readonly state: 'pending'; readonly askAgainAfterMs: number }
  | {
      /** `accepted`: final, and all that the platform ever says is that it took the batch. */
      readonly state: 'accepted' | 'confirmed' | 'rejected' | 'unconfirmed'
      readonly received?: number
      readonly refused?: number
      readonly matched?: number
      readonly reasons?: Readonly<Record<string, number>>
      readonly rejected?: ReadonlyMap<string, string>
      /** The platform's own ids by member key: kept, because a removal will need them. */
      readonly ids?: ReadonlyMap<string, string>
      /** What the platform says beside that, such as a range of the match rate: label to value. */
      readonly notes?: Readonly<Record<string, string | number>>
    }

/** What the framework lends to a destination for its calls. */
export type Lent = {
  /** Where the platform's API is for this connection, without a trailing slash: the real one, or the sandbox. */
  readonly baseUrl: string
  readonly signal: AbortSignal
  /** At most this long for one request, in milliseconds. */
  readonly timeoutMs: number
  /** Resolves when a request that counts against this quota may go out. Throws a failure `throttled` where that is too long to wait. */
  readonly pace: (quota: Quota) => Promise<void>
  /** Whether this is an account at the sandbox. */
  readonly sandbox: boolean
  /** Whether this deployment lets addresses that users gave lead into private networks. */
  readonly allowPrivate: boolean
  /** The destination reports what the platform says of its quotas after each answer. */
  readonly onUsage: (usage: Usage) => void
}

/** A list to be made. `marker` is kept with it at the platform, so that `findCreated` finds what an interrupted call made. */
export type WantedList<Y = unknown> = {
  readonly name: string
  readonly marker: string
  /** The identifiers that the sync maps: some platforms make a list for one kind of them. */
  readonly identifiers: readonly string[]
  readonly settings: Y
}

/** An account: its settings, and what opens it. */
export type Account<S, C> = { readonly settings: S; readonly credentials: C }

export type Connection<S, C> = Omit<Lent, 'pace'> &
  Account<S, C> & {
    /** Called before each request with the names of the quotas that it counts against. */
    readonly pace: (...quotas: readonly string[]) => Promise<void>
  }

/** The few calls of a platform with lists. All throw `DestinationFailure` and nothing else. */
export type ListCalls<K, Y> = {
  readonly check: (connection: K) => Promise<Verdict>
  readonly lists: (connection: K, query: { search?: string; after?: string; limit: number }) => Promise<ListPage>
  readonly readList: (connection: K, listId: string) => Promise<List>
  readonly createList: (connection: K, wanted: WantedList<Y>) => Promise<List>
  readonly findCreated: (connection: K, wanted: WantedList<Y>) => Promise<List | undefined>
  readonly upload: (connection: K, batch: Batch<Y>) => Promise<Receipt>
  /** Asks what became of a batch that was accepted. A platform whose answers are all final has none. */
  readonly settle?: (connection: K, open: Open<Y>) => Promise<Settled>
}

/** Where a platform's API is. `sunset` is the day (ISO) on which this version ends, null where none is announced. */
export type Api = {
  readonly baseUrl: string
  readonly version: string
  readonly sunset: string | null
  readonly docs: string
}

export type Definition<S extends z.ZodObject, C extends z.ZodObject, Y extends z.ZodObject, I extends Identifiers> = {
  readonly name: string
  /** The real API, from one place. */
  readonly api: Api
  /** The day on which the version that an account's settings name ends, where it is known. */
  readonly sunsetOf?: (settings: z.output<S>) => string | null
  /** The name of the setting by which an account chooses the version of the API, where there is one. */
  readonly versionSetting?: string
  /** What names the account and how to treat it. A field with `.meta({ secret: true })` never comes back. */
  readonly settings: S
  readonly credentials: C
  /** What each sync may set for itself, such as a consent; all of it has defaults. */
  readonly syncSettings: Y
  readonly identifiers: I
  /** Names of the settings that normalisers read: they enter the fingerprints, so that a change sends everybody anew. */
  readonly normaliserSettings?: readonly string[]
  readonly limits: {
    readonly rowsPerRequest: number
    /** Where a removal takes fewer. */
    readonly rowsPerRemoval?: number
    readonly bytesPerRequest: number
    readonly requestsInFlight: number
    readonly requestTimeoutMs: number
  }
  /** Raised when a normaliser changes what it returns, so that fingerprints change with it. */
  readonly normaliserVersion: number
  /** True where an add takes effect only later: a removal of the same person then waits for its receipt. */
  readonly addIsAsync: boolean
  /** True where a removal is final only by its later receipt: an add of the same person then waits for it. */
  readonly removalIsAsync: boolean
  readonly settlement: {
    /** When to ask first after a batch was accepted, and after how long without a last word it is `unconfirmed`. */
    readonly firstAskAfterMs: number
    readonly deadlineMs: number
  }
  /** Account at the platform, as text: with a list's id it names that list in the world. */
  readonly account: (account: Account<z.output<S>, z.output<C>>) => string
  /** The platform's quotas as they count for this account, by the names that calls give to `pace`. */
  readonly quotas: (account: Account<z.output<S>, z.output<C>>) => Quotas
  readonly list: ListCalls<Connection<z.output<S>, z.output<C>>, z.output<Y>>
}

/** A destination with one account's settings bound: what activities and the API call. Settings of a sync go in as stored. */
export type Opened = {
  readonly [Call in keyof ListCalls<never, unknown>]-?: OmitFirst<NonNullable<ListCalls<never, unknown>[Call]>>
} & { readonly account: string; readonly quotas: Quotas }

type OmitFirst<F> = F extends (first: never, ...rest: infer R) => infer A ? (...rest: R) => A : never

type AnyDefinition = Definition<z.ZodObject, z.ZodObject, z.ZodObject, Identifiers>

/** Any destination, its types of settings and credentials closed over by `open`. */
export type Destination = Omit<AnyDefinition, 'list' | 'account' | 'quotas' | 'sunsetOf'> & {
  /** Of an account's settings as they are stored. */
  readonly sunsetOf: (settings: unknown) => string | null
  /** Parses stored settings and credentials (a ZodError says which field is wrong) and binds the calls to them. */
  readonly open: (stored: Account<unknown, unknown>, lent: Lent) => Opened
}

/** A platform is one such value and one line of `index.ts`; what is missing or misspelt does not compile. */
export function defineDestination<
  S extends z.ZodObject,
  C extends z.ZodObject,
  Y extends z.ZodObject,
  const I extends Identifiers,
>(definition: Definition<S, C, Y, I>): Omit<Destination, 'identifiers'> & { readonly identifiers: I } {
  const { list, account, quotas, sunsetOf, ...facts } = definition
  const ofSync = <T extends { readonly settings: unknown }>(given: T) => ({
    ...given,
    settings: definition.syncSettings.parse(given.settings),
  })
  return {
    ...facts,
    sunsetOf: (settings) => (sunsetOf ? sunsetOf(definition.settings.parse(settings)) : definition.api.sunset),
    open(stored, lent) {
      const opened = {
        settings: definition.settings.parse(stored.settings),
        credentials: definition.credentials.parse(stored.credentials),
      }
      const limits = quotas(opened)
      const connection = { ...lent, ...opened, pace: pacedBy(limits, lent.pace) }
      return {
        account: account(opened),
        quotas: limits,
        check: () => list.check(connection),
        lists: (query) => list.lists(connection, query),
        readList: (listId) => list.readList(connection, listId),
        createList: (wanted) => list.createList(connection, ofSync(wanted)),
        findCreated: (wanted) => list.findCreated(connection, ofSync(wanted)),
        upload: (batch) => list.upload(connection, ofSync(batch)),
        settle: async (open) => list.settle?.(connection, ofSync(open)) ?? { state: 'accepted' },
      }
    },
  }
}

/** A connection's `pace`: by the names of the quotas. */
export const pacedBy =
  (quotas: Quotas, pace: Lent['pace']) =>
  async (...names: readonly string[]): Promise<void> => {
    for (const name of names) {
      const quota = quotas[name]
      if (!quota) throw new Error(`There is no quota "${name}": declared are ${Object.keys(quotas).join(', ')}.`)
      await pace(quota)
    }
  }
