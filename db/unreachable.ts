/** PostgreSQL cannot be used at the address given. Its message is one sentence, without the password. */
export class DatabaseUnreachable extends Error {
  override name = 'DatabaseUnreachable'
}

/** Codes of the system, of the driver and of PostgreSQL. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'there is no such host',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'it does not answer',
  CONNECT_TIMEOUT: 'it does not answer',
  ECONNRESET: 'it hangs up',
  CONNECTION_CLOSED: 'it hangs up',
  '28P01': 'user or password are refused',
  '28000': 'the user is refused',
  '3D000': 'there is no such database',
  '42501': 'the user may not make tables there',
  '53300': 'it takes no more connections',
  '57P03': 'it is starting or stopping: try again in a moment',
}

/** The error in one sentence when it says that the database cannot be used; anything else as it is. */
export function asUnreachable(url: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = reasons[code]
  if (reason === undefined) return error
  const { hostname, port, pathname } = new URL(url)
  const where = `${hostname}:${port || 5432}${pathname}`
  return new DatabaseUnreachable(
    `PostgreSQL at ${where} cannot be used, ${reason}: see to it, or change DATABASE_URL.`,
    {
      cause: error,
    },
  )
}
