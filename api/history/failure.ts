import type { Failure } from './events.ts'

/** A failure in words that are ours. `passes`: it waits for something and is nobody's fault. */
export type ToldFailure = { readonly what: string; readonly passes: boolean }

const hidden = 'It failed for a reason that is not shown here; the event in the Temporal UI has it.'

/** The types that our activities give to failures whose text is our own sentence, and whether they pass by themselves. */
const ours: Readonly<Record<string, boolean>> = { Waiting: true, throttled: true, retry: false, StageLost: true }

/** What an activity says of an error that is not told: its name, the error's kind and code. */
const discreet = /^[A-Za-z]{1,40} failed: [A-Za-z]{1,60}( [A-Za-z0-9_]{1,40})?\. It is tried again\.$/

const timeouts: Readonly<Record<number, string>> = {
  1: 'One attempt took longer than it may.',
  2: 'No worker took it in time.',
  3: 'It did not get through in the time that it had.',
  4: 'The worker that had it gave no sign of life any more.',
}

/** A failure may carry anything that somebody typed or that a library quotes, so only sentences known to be ours go on. */
export function tellFailure(failure: Failure | null | undefined): ToldFailure {
  const type = failure?.applicationFailureInfo?.type ?? ''
  const message = failure?.message ?? ''
  if (Object.hasOwn(ours, type)) return { what: message.slice(0, 500), passes: ours[type] ?? false }
  if (failure?.applicationFailureInfo && discreet.test(message)) return { what: message, passes: false }
  if (failure?.timeoutFailureInfo) return timedOut(failure)
  if (failure?.canceledFailureInfo) return { what: 'It was cancelled.', passes: false }
  return { what: hidden, passes: false }
}

function timedOut(failure: Failure): ToldFailure {
  const what = timeouts[failure.timeoutFailureInfo?.timeoutType ?? 0] ?? 'It took too long.'
  const last = failure.cause ? ` Before that: ${tellFailure(failure.cause).what}` : ''
  return { what: `${what}${last}`, passes: false }
}
