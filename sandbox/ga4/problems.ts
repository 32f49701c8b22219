/** The codes of Google's validation answer; it has no others. */
export type ValidationCode =
  | 'VALUE_INVALID'
  | 'VALUE_REQUIRED'
  | 'NAME_INVALID'
  | 'NAME_RESERVED'
  | 'VALUE_OUT_OF_BOUNDS'
  | 'EXCEEDED_MAX_ENTITIES'
  | 'NAME_DUPLICATED'

/** What is wrong with a request: with one event of it, or with all of it. */
export interface Problem {
  fieldPath: string
  description: string
  validationCode: ValidationCode
  /** The place of the event; undefined where the whole request is at fault. */
  event?: number
}

/** Gathers what is wrong. The descriptions repeat names, never values: those may be a person's. */
export interface Report {
  readonly problems: Problem[]
  /** What is told to it is wrong with that event only. */
  ofEvent(index: number): Report
  add(validationCode: ValidationCode, fieldPath: string, description: string): void
}

export function startReport(problems: Problem[] = [], event?: number): Report {
  return {
    problems,
    ofEvent: (index) => startReport(problems, index),
    add: (validationCode, fieldPath, description) => {
      problems.push({ fieldPath, description, validationCode, ...(event === undefined ? {} : { event }) })
    },
  }
}
