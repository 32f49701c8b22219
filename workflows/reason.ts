import { type ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow'

/** Why an activity failed, for people: its own last words, and that its time was over where it was. */
export function reasonOf(failure: ActivityFailure): string {
  let timedOut = false
  let words = ''
  for (let error: Error | undefined = failure.cause; error; error = causeOf(error)) {
    if (error instanceof TimeoutFailure) timedOut = true
    if (error instanceof ApplicationFailure) words = error.message
  }
  if (!timedOut) return words || failure.cause?.message || failure.message
  return `It was tried for as long as it may take and not done in time.${words ? ` The last answer was: ${words}` : ''}`
}

const causeOf = (error: Error) => (error.cause instanceof Error ? error.cause : undefined)
