import { z } from 'zod'
import type { DestinationRow } from '../db/queries/destination.ts'
import { noteUsage, takeRequest } from '../db/queries/quota.ts'
import type { Destination, Lent, Opened } from '../destinations/define.ts'
import type { EventDestination, OpenedEvents } from '../destinations/define-events.ts'
import { DestinationFailure } from '../destinations/failure.ts'
import { accountSide, isPlatformId, type Mode, modesOf, type Platform, platforms } from '../destinations/index.ts'
import type { Deps } from './deps.ts'
import { invalid } from './errors.ts'
import { ApiProblem, unusable } from './problem.ts'

const requestTimeoutMs = 20_000
const callTimeoutMs = 60_000

/** The platform of a request. @throws ApiProblem that lists those that exist */
function mustKnow(platform: string): Platform {
  if (isPlatformId(platform)) return platforms[platform]
  throw unusable(
    'unknown_platform',
    'There is no platform of this name.',
    `Choose one of: ${Object.keys(platforms).join(', ')}.`,
    [{ path: 'platform', message: `One of ${Object.keys(platforms).join(', ')}` }],
  )
}

/** A side of a platform: all that an API needs to know which is not a call. */
export type Side = Destination | EventDestination

/** What accounts of a platform are like, in whatever mode. @throws ApiProblem that lists the platforms that exist */
export const accountSideOf = (platform: string): Side => accountSide(mustKnow(platform))

/** A platform as it is synced in this mode. @throws ApiProblem that names the modes it has */
export function sideIn(platform: string, mode: Mode): Side {
  const known = mustKnow(platform)
  return known[mode] ?? refuseMode(known, mode)
}

function refuseMode(platform: Platform, mode: Mode): never {
  const { name } = accountSide(platform)
  const modes = modesOf(platform).map((one) => `"${one}"`)
  throw unusable(
    'mode',
    `${name} has no ${mode === 'list' ? 'lists that could be filled' : 'way to be told of joins and leaves'}.`,
    `Its mode is ${modes.join(' or ')}.`,
    [{ path: 'mode', message: `One of ${modes.join(', ')}` }],
  )
}

export type Account = { readonly settings: Record<string, unknown>; readonly credentials: Record<string, unknown> }

/** Settings and credentials as the platform wants them. @throws ApiProblem field by field */
export function parseAccount(platform: Side, given: { settings: unknown; credentials: unknown }): Account {
  const settings = platform.settings.safeParse(given.settings)
  if (!settings.success) throw invalid(settings.error, 'settings')
  const credentials = platform.credentials.safeParse(given.credentials)
  if (!credentials.success) throw invalid(credentials.error, 'credentials')
  return { settings: settings.data, credentials: credentials.data }
}

type Where = { readonly platform: string; readonly sandbox: boolean }

/** Binds the calls that a platform has in either mode to an account, at the real API or at the sandbox. */
export function openAccount(deps: Deps, where: Where, account: Account): Opened | OpenedEvents {
  const side = accountSideOf(where.platform)
  return side.open(account, lentTo(deps, where, side))
}

function lentTo(deps: Deps, where: Where, side: Side): Lent {
  return {
    baseUrl: where.sandbox ? `${deps.config.sandboxUrl}/${where.platform}` : side.api.baseUrl,
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
  }
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

const accountOf = (deps: Deps, row: DestinationRow): Account => ({
  settings: row.settings,
  credentials: openCredentials(deps, row).credentials,
})

/** The calls of a stored destination that it has in either mode. */
export const openDestination = (deps: Deps, row: DestinationRow): Opened | OpenedEvents =>
  openAccount(deps, row, accountOf(deps, row))

/** The calls about lists. @throws ApiProblem where the platform has none */
export function openLists(deps: Deps, row: DestinationRow): Opened {
  const platform = mustKnow(row.platform)
  const side = platform.list ?? refuseMode(platform, 'list')
  return side.open(accountOf(deps, row), lentTo(deps, row, side))
}

/** The calls about events. @throws ApiProblem where the platform takes none */
export function openEvents(deps: Deps, row: DestinationRow): OpenedEvents {
  const platform = mustKnow(row.platform)
  const side = platform.event ?? refuseMode(platform, 'event')
  return side.open(accountOf(deps, row), lentTo(deps, row, side))
}

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
