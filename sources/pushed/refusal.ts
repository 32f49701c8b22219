import { SourceFailure } from '../define.ts'

/** A pushed list that cannot be read. It names the line and the cause, never what stands there. */
export const refusal = (code: string, what: string, next: string) =>
  new SourceFailure({ code, what, whose: 'you', next })

export const inLine = (line: number) => `Line ${line.toLocaleString('en')}`
