import { SourceFailure } from '../define.ts'

/** How a connection is encrypted, in the words of PostgreSQL's own tools. */
export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export type Address = {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
  readonly tls: TlsMode
  /** Start options of the session, which some hosting services route by. */
  readonly options: string | undefined
}

const tlsModes: readonly TlsMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']
// Options of other clients that change nothing for us.
const harmless = new Set(['application_name', 'channel_binding', 'connect_timeout', 'gssencmode', 'sslnegotiation'])

/** Reads `postgres://user:password@host:port/database?sslmode=require`. Throws `SourceFailure`; never quotes the address. */
export function parseAddress(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) throw wrong('It cannot be read as a URL; special characters in the password must be percent-encoded')
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw wrong('It does not begin with postgres://')
  const host = decoded(url.hostname).replace(/^\[|\]$/g, '')
  if (!host || host.startsWith('/') || host.includes(','))
    throw wrong('It must name one host; sockets and lists of hosts are not supported')
  const tls = url.searchParams.get('sslmode') ?? 'prefer'
  const mode = tlsModes.find((known) => known === tls)
  if (!mode) throw wrong(`sslmode must be one of ${tlsModes.join(', ')}`)
  for (const name of url.searchParams.keys())
    if (name !== 'sslmode' && name !== 'options' && !harmless.has(name))
      throw wrong('It has an option after the "?" that is not supported: sslmode and options are')
  const user = decoded(url.username)
  if (!user) throw wrong('It names no user')
  return {
    host,
    port: Number(url.port || 5432),
    database: decoded(url.pathname.slice(1)) || user,
    user,
    password: decoded(url.password),
    tls: mode,
    options: url.searchParams.get('options') ?? undefined,
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw wrong('A percent sign in it is not followed by two hexadecimal digits')
  }
}

const wrong = (why: string) =>
  new SourceFailure({
    code: 'address_wrong',
    what: `The address of the source database is not usable. ${why}.`,
    whose: 'you',
    next: 'Give it as postgres://user:password@host:5432/database, with ?sslmode=require where the server asks for TLS.',
  })
