import type { Context } from './context.ts'
import { diff } from './diff.ts'
import { discreet } from './discreet.ts'
import { failRefresh } from './fail-refresh.ts'
import { cancelDelivery, finishDelivery, holdDelivery, releaseHeld } from './finish.ts'
import { hash } from './hash.ts'
import { housekeep } from './housekeep.ts'
import { pauseAudience, readAudience } from './read-audience.ts'
import { finishSettling, settle } from './settle.ts'
import { takeSnapshot } from './take-snapshot.ts'
import { upload } from './upload.ts'

/** Every step of the journey, in order; each can be repeated at any moment. */
const steps = {
  readAudience,
  pauseAudience,
  takeSnapshot,
  diff,
  failRefresh,
  hash,
  upload,
  holdDelivery,
  releaseHeld,
  cancelDelivery,
  finishDelivery,
  settle,
  finishSettling,
  housekeep,
}

type Steps = typeof steps
export type Activities = {
  [Name in keyof Steps]: Steps[Name] extends (context: Context, ...input: infer Input) => infer Result
    ? (...input: Input) => Result
    : never
}

/** The activities with what the worker lends them. */
export function createActivities(context: Context): Activities {
  const bound = Object.entries(steps).map(([name, step]) => [name, discreet(name, bind(context, step))])
  return Object.fromEntries(bound)
}

// Every step takes the context first; which further arguments it takes is kept by the type `Activities`.
const bind =
  (context: Context, step: (context: Context, input: never) => Promise<unknown>) =>
  (input: never): Promise<unknown> =>
    step(context, input)
