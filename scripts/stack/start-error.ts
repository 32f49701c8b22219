/** A part of the stack cannot start. Its message is one sentence: what is wrong and what to do next. */
export class StartError extends Error {
  override name = 'StartError'
}

/** The system's code of an error (`ENOSPC`, `EACCES` …), or undefined. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** The message of an error, as a sentence without its stack. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
