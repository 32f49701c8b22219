import { log } from '@temporalio/activity'
import { ApplicationFailure, TemporalFailure } from '@temporalio/common'

/**
 * Errors of the database and of parsers quote the values that they choke on, and a failure's text stays in Temporal's
 * history: only the kind of error, its code and where it happened go on. The log says more of where.
 */
export function discreet<Input, Result>(name: string, step: (input: Input) => Promise<Result>) {
  return async (input: Input): Promise<Result> => {
    try {
      return await step(input)
    } catch (error) {
      if (error instanceof TemporalFailure || isAbort(error)) throw error
      const message = `${name} failed: ${kindOf(error)}. It is tried again.`
      log.error(message, whereabouts(error))
      throw ApplicationFailure.create({ message, type: error instanceof Error ? error.name : typeof error })
    }
  }
}

const isAbort = (error: unknown) => error instanceof Error && error.name === 'AbortError'

/** What kind of error it is, with its code where it has one: `PostgresError 23505`. */
export function kindOf(error: unknown): string {
  const kind = error instanceof Error ? error.name : typeof error
  const code = chain(error).map(codeOf).find(Boolean)
  return code ? `${kind} ${code}` : kind
}

/** Where it happened, without anything that could quote a value: frames, and what PostgreSQL names in its catalogue. */
export function whereabouts(error: unknown): Record<string, unknown> {
  const named = chain(error).flatMap((each) =>
    ['routine', 'table_name', 'constraint_name'].flatMap((name) => {
      const value = fieldOf(each, name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  return { ...Object.fromEntries(named), where: framesOf(error) }
}

/** The error and its causes: drizzle and fetch wrap what they throw. */
function chain(error: unknown): unknown[] {
  const errors: unknown[] = []
  for (let at = error; at !== undefined && at !== null && errors.length < 5; ) {
    errors.push(at)
    at = at instanceof Error ? at.cause : undefined
  }
  return errors
}

/** SQLSTATEs, Node's and the driver's codes; anything else could be a value. */
const codeOf = (error: unknown) => {
  const code = fieldOf(error, 'code')
  return code !== undefined && /^[A-Z0-9_]{3,40}$/.test(code) ? code : undefined
}

function fieldOf(error: unknown, name: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value: unknown = Reflect.get(error, name)
  return typeof value === 'string' ? value : undefined
}

/** The stack without its first lines, which are the message. */
function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack
    .split('\n')
    .filter((line) => /^\s+at [^\s]+ \(.+:\d+:\d+\)$|^\s+at .+:\d+:\d+$/.test(line))
    .slice(0, 8)
    .map((line) => line.trim())
}
