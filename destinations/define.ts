import type { z } from 'zod'
import type { Normalise } from '../identity/refusal.ts'

/** One identifier (or describing value) that a platform takes for a person: a row of the destination's table. */
export type Identifier = {
  /** 1 to 255, never reused: the ledger stores it instead of the name. */
  readonly code: number
  readonly label: string
  readonly normalise: Normalise
  /** `hashed`: SHA-256 in lowercase hex is sent; a value that is one already passes in lowercase. `plain`: as normalised. */
  readonly sent: 'hashed' | 'plain'
  /** `strong` names a person by itself; `matching` helps to find one; `describing` says something about the person. */
  readonly role: 'strong' | 'matching' | 'describing'
  /** Usual names of the field that holds it, for suggestions. */
  readonly fields: readonly string[]
}

export type Identifiers = Readonly<Record<string, Identifier>>

/** A limit that the platform declares: at most `limit` requests in each window of `windowMs`, shared by all that use `key`. */
export type Quota = { readonly key: string; readonly limit: number; readonly windowMs: number }

/** How full a quota is by the platform's own word (0 to 100 and over), and when it opens again if it is closed. */
export type Usage = { readonly key: string; readonly percent: number; readonly regainAfterMs: number }

/** A list (custom audience) as the platform tells of it. */
export type List = {
  readonly id: string
  readonly name: string
  /** Whether members may be changed now; else `problem` says why not and what to do. */
  readonly usable: boolean
  readonly problem?: string
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
export type BatchMember = { readonly key: string; readonly values: readonly (string | undefined)[] }

/** A numbered group of changes of one operation. The same `id` always means the same members: the idempotency key. */
export type Batch = {
  /** A positive integer below 2^53, unique in this deployment. */
  readonly id: number
  readonly operation: 'add' | 'remove'
  readonly listId: string
  readonly identifiers: readonly string[]
  readonly members: readonly BatchMember[]
  /** True when an earlier attempt may have reached the platform without our seeing the answer. */
  readonly repeated: boolean
}

/** The platform's answer to a batch. A member that it refused by name is in `rejected`, keyed by member key. */
export type Receipt = {
  /** `accepted`: taken, the last word comes later by `settle`; `confirmed`: that was the last word. */
  readonly state: 'accepted' | 'confirmed'
  /** What `settle` asks with later, for example a session id. */
  readonly reference?: string
  readonly received?: number
  readonly refused?: number
  readonly rejected?: ReadonlyMap<string, string>
  /** Reason to count, where the platform tells no names. */
  readonly reasons?: Readonly<Record<string, number>>
}

/** What is asked about when a batch is settled. */
export type Open = {
  readonly listId: string
  readonly operation: 'add' | 'remove'
  readonly reference: string
  readonly rows: number
  readonly sentAt: Date
}

/** The platform's later word on a batch. */
export type Settled =
  | { readonly state: 'pending'; readonly askAgainAfterMs: number }
  | {
      readonly state: 'confirmed' | 'rejected' | 'unconfirmed'
      readonly received?: number
      readonly refused?: number
      readonly matched?: number
      readonly reasons?: Readonly<Record<string, number>>
      readonly rejected?: ReadonlyMap<string, string>
    }

/** What the framework lends to a destination for its calls. */
export type Lent = {
  /** Where the platform's API is for this connection, without a trailing slash: the real one, or the sandbox. */
  readonly baseUrl: string
  readonly signal: AbortSignal
  /** At most this long for one request, in milliseconds. */
  readonly timeoutMs: number
  /** The destination reports what the platform says of its quotas after each answer. */
  readonly onUsage: (usage: Usage) => void
}

export type Connection<S, C> = Lent & { readonly settings: S; readonly credentials: C }

/** The few calls of a platform with lists. All throw `DestinationFailure` and nothing else. */
export type ListCalls<K> = {
  /** Account at the platform, as text: with the list's id it names a list in the world. */
  readonly account: (connection: K) => string
  readonly check: (connection: K) => Promise<Verdict>
  readonly lists: (connection: K, query: { search?: string; after?: string; limit: number }) => Promise<ListPage>
  readonly readList: (connection: K, listId: string) => Promise<List>
  /** `marker` is kept at the platform with the list, so that `findCreated` finds what an interrupted call made. */
  readonly createList: (connection: K, wanted: { name: string; marker: string }) => Promise<List>
  readonly findCreated: (connection: K, wanted: { name: string; marker: string }) => Promise<List | undefined>
  readonly upload: (connection: K, batch: Batch) => Promise<Receipt>
  readonly settle: (connection: K, open: Open) => Promise<Settled>
  readonly quotas: (connection: K) => readonly Quota[]
}

export type Definition<S extends z.ZodObject, C extends z.ZodObject, I extends Identifiers> = {
  readonly name: string
  /** The real API: host, version and when that version ends, from one place. */
  readonly api: { readonly baseUrl: string; readonly version: string; readonly sunset: string; readonly docs: string }
  /** What names the account and how to treat it. A field with `.meta({ secret: true })` never comes back. */
  readonly settings: S
  readonly credentials: C
  readonly identifiers: I
  readonly limits: {
    readonly rowsPerRequest: number
    readonly bytesPerRequest: number
    readonly requestsInFlight: number
    readonly requestTimeoutMs: number
  }
  /** Raised when a normaliser changes what it returns, so that fingerprints change with it. */
  readonly normaliserVersion: number
  /** True where a removal is final only by its later receipt: an add of the same person then waits for it. */
  readonly removalIsAsync: boolean
  readonly settlement: {
    /** When to ask first after a batch was accepted, and after how long without a last word it is `unconfirmed`. */
    readonly firstAskAfterMs: number
    readonly deadlineMs: number
  }
  readonly list: ListCalls<Connection<z.output<S>, z.output<C>>>
}

/** A destination with one account's settings bound: what activities and the API call. */
export type Opened = {
  readonly [Call in keyof Omit<ListCalls<never>, 'account' | 'quotas'>]: OmitFirst<ListCalls<never>[Call]>
} & { readonly account: string; readonly quotas: readonly Quota[] }

type OmitFirst<F> = F extends (first: never, ...rest: infer R) => infer A ? (...rest: R) => A : never

/** Any destination, its types of settings and credentials closed over by `open`. */
export type Destination = Omit<Definition<z.ZodObject, z.ZodObject, Identifiers>, 'list'> & {
  /** Parses stored settings and credentials (a ZodError says which field is wrong) and binds the calls to them. */
  readonly open: (stored: { settings: unknown; credentials: unknown }, lent: Lent) => Opened
}

/** A platform is one such value and one line of `index.ts`; what is missing or misspelt does not compile. */
export function defineDestination<S extends z.ZodObject, C extends z.ZodObject, const I extends Identifiers>(
  definition: Definition<S, C, I>,
): Omit<Destination, 'identifiers'> & { readonly identifiers: I } {
  const { list, ...facts } = definition
  return {
    ...facts,
    open(stored, lent) {
      const connection = {
        ...lent,
        settings: definition.settings.parse(stored.settings),
        credentials: definition.credentials.parse(stored.credentials),
      }
      return {
        account: list.account(connection),
        quotas: list.quotas(connection),
        check: () => list.check(connection),
        lists: (query) => list.lists(connection, query),
        readList: (listId) => list.readList(connection, listId),
        createList: (wanted) => list.createList(connection, wanted),
        findCreated: (wanted) => list.findCreated(connection, wanted),
        upload: (batch) => list.upload(connection, batch),
        settle: (open) => list.settle(connection, open),
      }
    },
  }
}
