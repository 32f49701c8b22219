import { z } from 'zod'
import type { About, Level } from './line.ts'

/** What is known of a workflow while its history is read from the start. */
export type Memory = { readonly status?: string; readonly held?: number }

export type Said = {
  readonly message: string
  readonly level?: Level
  readonly data?: Readonly<Record<string, unknown>>
  readonly about?: About
  /** What the workflow knows from then on. */
  readonly remember?: Memory
}

/** How an activity is told. `doing` is a clause such as "Uploading joins"; input and result are whatever was found. */
export type Step = {
  readonly doing: (input: unknown) => { readonly clause: string; readonly about: About }
  readonly done: (input: unknown, result: unknown, memory: Memory) => Said
}

type Told<Input, Result> = {
  readonly input: z.ZodType<Input>
  readonly result: z.ZodType<Result>
  readonly doing: string | ((input: Input) => string)
  readonly about?: (input: Input) => About
  readonly done: (result: Result, input: Input, memory: Memory) => Said
}

/** A step whose input and result are read only as far as they have the shape that our workers give them. */
export function step<Input, Result>(told: Told<Input, Result>): Step {
  const aboutOf = (input: unknown): About => {
    const read = told.input.safeParse(input)
    return read.success ? (told.about?.(read.data) ?? {}) : {}
  }
  const clauseOf = (input: unknown): string => {
    if (typeof told.doing === 'string') return told.doing
    const read = told.input.safeParse(input)
    return read.success ? told.doing(read.data) : 'Working on a step with settings that are not understood'
  }
  return {
    doing: (input) => ({ clause: clauseOf(input), about: aboutOf(input) }),
    done: (input, result, memory) => {
      const given = told.input.safeParse(input)
      const found = told.result.safeParse(result)
      if (given.success && found.success) {
        const said = told.done(found.data, given.data, memory)
        return { ...said, about: { ...aboutOf(input), ...said.about } }
      }
      return { message: `${clauseOf(input)}: done, with an answer that is not understood here.`, about: aboutOf(input) }
    },
  }
}

export const count = z.number().int().min(0)
export const formatted = (n: number) => new Intl.NumberFormat('en').format(n)
/** "1 member", "1,204 members". */
export const many = (n: number, one: string, more = `${one}s`) => `${formatted(n)} ${n === 1 ? one : more}`
