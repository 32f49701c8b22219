import { z } from 'zod'
import type { DestinationRow } from '../db/queries/destination.ts'
import { noteUsage, takeRequest } from '../db/queries/quota.ts'
import type { Destination, Opened } from '../destinations/define.ts'
import { DestinationFailure } from '../destinations/failure.ts'
import { destinationOf, destinations, isPlatformId } from '../destinations/index.ts'
import type { Deps } from './deps.ts'
import { invalid } from './errors.ts'
import { ApiProblem, unusable } from './problem.ts'

const requestTimeoutMs = 20_000
const callTimeoutMs = 60_000

/** The platform of a request. @throws ApiProblem that lists those that exist */
export function platformOf(platform: string): Destination {
  if (isPlatformId(platform)) return destinations[platform]
  throw unusable(
    'unknown_platform',
    'There is no platform of this name.',
    `Choose one of: ${Object.keys(destinations).join(', ')}.`,
    [{ path: 'platform', message: `One of ${Object.keys(destinations).join(', ')}` }],
  )
}

export type Account = { readonly settings: Record<string, unknown>; readonly credentials: Record<string, unknown> }

/** Settings and credentials as the platform wants them. @throws ApiProblem field by field */
export function parseAccount(platform: Destination, given: { settings: unknown; credentials: unknown }): Account {
  const settings = platform.settings.safeParse(given.settings)
  if (!settings.success) throw invalid(settings.error, 'settings')
  const credentials = platform.credentials.safeParse(given.credentials)
  if (!credentials.success) throw invalid(credentials.error, 'credentials')
  return { settings: settings.data, credentials: credentials.data }
}

/** Binds a platform's calls to an account, at the real API or at the sandbox. */
export function openAccount(deps: Deps, where: { platform: string; sandbox: boolean }, account: Account): Opened {
  const platform = destinationOf(where.platform)
  return platform.open(account, {
    baseUrl: where.sandbox ? `${deps.config.sandboxUrl}/${where.platform}` : platform.api.baseUrl,
    signal: AbortSignal.timeout(callTimeoutMs),
    timeoutMs: requestTimeoutMs,
    sandbox: where.sandbox,
    allowPrivate: deps.config.allowPrivate,
    pace: async (quota) => {
      const waitMs = await takeRequest(deps.db.sql, quota)
      if (waitMs > 0)
        throw new DestinationFailure('throttled', `The quota ${quota.key} is used up for now.`, {
          retryAfterMs: waitMs,
        })
    },
    onUsage: (usage) => {
      noteUsage(deps.db.sql, usage, (ms) => ms).catch(() =>
        deps.log.warn({ quota: usage.key }, 'usage of a quota could not be noted'),
      )
    },
  })
}

const anything = z.record(z.string(), z.unknown())
const sandboxAccount = z.object({ settings: anything, credentials: anything })

/** The credentials as they are sealed; those of a sandbox account come with what the sandbox itself calls it. */
export function openCredentials(
  { seal }: Pick<Deps, 'seal'>,
  row: Pick<DestinationRow, 'credentials'>,
): { credentials: Record<string, unknown>; sandboxAccount: Account | undefined } {
  const { [atSandbox]: known, ...credentials } = anything.parse(JSON.parse(seal.open(row.credentials)))
  return { credentials, sandboxAccount: known === undefined ? undefined : sandboxAccount.parse(known) }
}

export const sealCredentials = (
  { seal }: Pick<Deps, 'seal'>,
  credentials: Record<string, unknown>,
  known: Account | undefined,
): Buffer => seal.seal(JSON.stringify({ ...credentials, ...(known && { [atSandbox]: known }) }))

const atSandbox = 'sandboxAccount'

/** The calls of a stored destination. */
export const openDestination = (deps: Deps, row: DestinationRow): Opened =>
  openAccount(deps, row, { settings: row.settings, credentials: openCredentials(deps, row).credentials })

/** A fresh account at the sandbox; or, with `known`, that one again: the sandbox forgets its accounts when it restarts. */
export async function sandboxAccountFor(
  { config }: Pick<Deps, 'config'>,
  platform: string,
  known?: Account,
): Promise<Account> {
  const response = await fetch(`${config.sandboxUrl}/_sandbox/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ platform, ...known }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  }).catch(() => undefined)
  const parsed = response?.ok ? sandboxAccount.safeParse(await response.json().catch(() => undefined)) : undefined
  if (parsed?.success) return parsed.data
  throw new ApiProblem(502, {
    code: 'sandbox',
    detail: response
      ? `The sandbox refused to make an account (status ${response.status}).`
      : 'The sandbox does not answer.',
    whose: 'the operator of this service',
    next: 'Start it with "npm run sandbox", or set SANDBOX_URL to where it is, and send the request again.',
  })
}
