import type { SyncFacts } from '../db/queries/deliver.ts'
import { noteUsage } from '../db/queries/quota.ts'
import type { Destination, Opened } from '../destinations/define.ts'
import type { EventDestination, OpenedEvents } from '../destinations/define-events.ts'
import { sideOf } from '../destinations/index.ts'
import type { Context } from './context.ts'
import { pace } from './pace.ts'

export type Connected = {
  readonly destination: Destination | EventDestination
  readonly opened: Opened | OpenedEvents
  /** A wait of the platform's, as it counts for this connection: shorter for a sandbox. */
  readonly scaled: (ms: number) => number
  /** Resolves when what the platform said of its quotas is stored. */
  readonly usageStored: () => Promise<void>
}

/** A request lasts no longer than this share of the lease; it goes out while the rest of it has not passed. */
export const requestShareOfLease = 0.75

type Given = {
  readonly signal: AbortSignal
  readonly operation?: 'add' | 'remove'
  /** Called when a request may go out by the platform's quotas; what it throws stops that. */
  readonly beforeRequest?: () => Promise<void>
}

/** A sync's destination, its credentials opened and its calls bound to its account. */
export function connectTo(
  context: Context,
  sync: SyncFacts,
  { signal, operation = 'add', beforeRequest = async () => {} }: Given,
): Connected {
  const destination = sideOf(sync.platform, sync.mode)
  const scaled = (ms: number) => (sync.sandbox ? Math.ceil(ms / context.sandboxTimeScale) : ms)
  let storing: Promise<void> = Promise.resolve()
  const opened = destination.open(
    { settings: sync.settings, credentials: JSON.parse(context.seal.open(sync.credentials)) },
    {
      baseUrl: sync.sandbox ? `${context.sandboxUrl}/${sync.platform}` : destination.api.baseUrl,
      signal,
      sandbox: sync.sandbox,
      allowPrivate: context.allowPrivate,
      pace: async (quota) => {
        await pace(context.db.sql, quota, { operation, signal })
        await beforeRequest()
      },
      // a request must end before the lease does, so that nobody else can be sending by then
      timeoutMs: Math.min(destination.limits.requestTimeoutMs, context.leaseMs * requestShareOfLease),
      onUsage: (usage) => {
        const scaledUsage = { ...usage, regainAfterMs: scaled(usage.regainAfterMs) }
        storing = storing.then(() => noteUsage(context.db.sql, scaledUsage, scaled))
        storing.catch(() => {}) // told by usageStored; until somebody asks it must not end the process
      },
    },
  )
  return { destination, opened, scaled, usageStored: () => storing }
}
