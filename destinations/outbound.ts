import { lookup as resolve } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Agent } from 'undici'
import { DestinationFailure } from './failure.ts'
import { exchange } from './http.ts'

/** An answer is read no further than this: only its status counts. */
const MOST_READ = 64 * 1024
const LONGEST_MS = 15_000

/** Public by its class, but inside Azure the host's own agent, which hands out secrets. */
const HOSTS_AGENT = '168.63.129.16'
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3')
/** Documentation since 2024. */
const DOCUMENTATION_V6 = ipaddr.IPv6.parseCIDR('3fff::/20')

/** Whether an IP address is one of the public internet: everything that is not known to be is none. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast' || parsed.toString() === HOSTS_AGENT) return false
  return !(parsed instanceof ipaddr.IPv6) || (parsed.match(GLOBAL_V6) && !parsed.match(DOCUMENTATION_V6))
}

const options = { connections: 32, keepAliveTimeout: 30_000, headersTimeout: 0, bodyTimeout: 0 }

/**
 * A lookup whose answer is what is dialled, so that nothing is resolved again between the check and the connection. One
 * address that is not public refuses the name.
 */
export const publicLookup =
  (resolver: typeof resolve): LookupFunction =>
  (host, asked, found) => {
    resolver(host, { ...asked, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      if (error || !first) return found(error ?? new Error('no address'), '', 0)
      if (!addresses.every(({ address }) => isPublicAddress(address))) return found(notPublic(host), '', 0)
      if (asked.all) found(null, addresses)
      else found(null, first.address, first.family)
    })
  }

/** Dials public addresses only. */
const guarded = new Agent({ ...options, connect: { lookup: publicLookup(resolve) } })
const open = new Agent(options)

export type Outbound = {
  /** The address as a user gave it. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Of a connection: what decides where it may go. */
export type Where = {
  readonly baseUrl: string
  readonly sandbox: boolean
  readonly allowPrivate: boolean
}

/** And how long it may take. */
export type Way = Where & {
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

export type OutboundAnswer = { readonly status: number; readonly header: (name: string) => string | undefined }

/**
 * One POST to an address that a user gave, answered with the status alone; a redirect is not followed. No answer is a
 * `DestinationFailure` `retry`, an address that must not be dialled `config`.
 */
export async function post({ url, headers, body }: Outbound, way: Way): Promise<OutboundAnswer> {
  const isFree = mayBePrivate(url, way)
  if (!isFree) refuseUnsafe(url)
  const timeoutMs = Math.min(way.timeoutMs, LONGEST_MS)
  return exchange(
    { method: 'POST', url, headers, body, signal: way.signal, timeoutMs },
    isFree ? open : guarded,
    async (answer, { status, header }, signal) => {
      // the status is the answer: what becomes of the rest of it changes nothing
      await answer.dump({ limit: MOST_READ, signal }).catch(() => {})
      return { status, header }
    },
  )
}

/**
 * Whether an address could be sent to, found out without sending anything: its host has to have a name that resolves. An
 * address that must not be dialled, or is not found, is a `DestinationFailure` `config`.
 */
export async function reach(url: string, way: Where): Promise<void> {
  const isFree = mayBePrivate(url, way)
  if (!isFree) refuseUnsafe(url)
  const host = bareHost(url)
  if (ipaddr.isValid(host)) return
  const lookup: LookupFunction = isFree ? resolve : publicLookup(resolve)
  await new Promise<void>((found, failed) => {
    lookup(host, { all: true }, (error) => {
      if (!error) found()
      else failed(error instanceof DestinationFailure ? error : notFound(host, error.code))
    })
  })
}

/** A sandbox account reaches the sandbox and no other private address. */
const mayBePrivate = (url: string, { sandbox, baseUrl, allowPrivate }: Where): boolean =>
  allowPrivate || (sandbox && new URL(url).origin === new URL(baseUrl).origin)

function refuseUnsafe(url: string): void {
  const { protocol, hostname } = new URL(url)
  const host = bareHost(url)
  if (protocol !== 'https:') {
    throw new DestinationFailure(
      'config',
      'The address begins with http: what is sent names people and would travel in the open. Give an address with https.',
      { code: 'plain-http' },
    )
  }
  // The parser has made dotted decimals of octal, hexadecimal and whole-number spellings. A literal is not looked up.
  if (ipaddr.isValid(host) && !isPublicAddress(host)) throw notPublic(hostname)
}

/** The host of an address without the brackets of IPv6. */
const bareHost = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')

const notFound = (host: string, code: string | undefined) =>
  new DestinationFailure(
    'config',
    `There is no host ${host}, or its name cannot be looked up now. Check the address.`,
    {
      code: code ?? 'not-found',
    },
  )

const notPublic = (host: string) =>
  new DestinationFailure(
    'config',
    `${host} is not an address of the public internet, and this deployment sends to no other. Give a public address, or let the operator set ALLOW_PRIVATE_WEBHOOKS=on.`,
    { code: 'private-address' },
  )
