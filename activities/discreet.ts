import { log } from '@temporalio/activity'
import { ApplicationFailure, TemporalFailure } from '@temporalio/common'

/**
 * Errors of the database and of parsers quote the values that they choke on, and a failure's text stays in Temporal's
 * history: only the kind of error, its code and where it happened go on.
 */
export function discreet<Input, Result>(name: string, step: (input: Input) => Promise<Result>) {
  return async (input: Input): Promise<Result> => {
    try {
      return await step(input)
    } catch (error) {
      if (error instanceof TemporalFailure || isAbort(error)) throw error
      const kind = error instanceof Error ? error.name : typeof error
      const code = codeOf(error)
      const message = `${name} failed: ${kind}${code ? ` ${code}` : ''}. It is tried again.`
      log.error(message, { where: framesOf(error) })
      throw ApplicationFailure.create({ message, type: kind })
    }
  }
}

const isAbort = (error: unknown) => error instanceof Error && error.name === 'AbortError'

const codeOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined

/** The stack without its first lines, which are the message. */
function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim())
}
