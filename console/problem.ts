import { z } from 'zod/mini'

const document = z.object({
  type: z.string(),
  title: z.string(),
  detail: z.string(),
  whose: z.string(),
  next: z.string(),
  errors: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
  missing: z.optional(z.array(z.object({ what: z.string(), next: z.string() }))),
})

/** A call that was refused: what is wrong, whose move it is, what to do next. */
export class Problem extends Error {
  readonly status: number
  readonly said: z.infer<typeof document>
  constructor(status: number, said: z.infer<typeof document>) {
    super(said.detail)
    this.name = 'Problem'
    this.status = status
    this.said = said
  }
}

const silence = {
  type: 'urn:audience-sync:problem:no_answer',
  title: 'No answer',
  detail: 'The server does not answer.',
  whose: 'the operator of this service',
  next: 'See whether it runs; this page goes on by itself when it is back.',
}

/** The problem that an answer tells, or that there was none. */
export function problemOf(status: number, body: unknown): Problem {
  const parsed = document.safeParse(body)
  return new Problem(status, parsed.success ? parsed.data : silence)
}

/** The words for whatever was thrown. */
export const saidOf = (error: unknown): Problem['said'] => (error instanceof Problem ? error.said : silence)
