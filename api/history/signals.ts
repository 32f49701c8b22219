import type { Memory, Said } from './step.ts'

/** `answer`: what the first snapshot after the signal found. */
type Told = (by: string, answer: Memory) => Said

/** Signals by workflow and name. What came with them is never told. */
export const signals: Readonly<Record<'audience' | 'sync' | 'settle', Readonly<Record<string, Told>>>> = {
  audience: {
    instantSync: (by, { status }) =>
      status === 'paused'
        ? {
            message: `An instant sync requested by ${by} was ignored: the audience is paused. Resume it first.`,
            level: 'warning',
            data: { ignored: true },
          }
        : { message: `Instant sync requested by ${by}.`, data: { ignored: false } },
    pause: (by) => ({ message: `Pause requested by ${by}.` }),
    resume: (by) => ({ message: `Resume requested by ${by}.` }),
    wake: (by) => ({
      message:
        by === 'housekeeping'
          ? 'Housekeeping found a run that was wanted and that nobody had noticed, and woke the audience.'
          : `Woken by ${by} to see what is wanted.`,
      level: by === 'housekeeping' ? 'info' : 'debug',
    }),
    deliveryFinished: (by) => ({ message: `A delivery ended, says ${by}.`, level: 'debug' }),
  },
  sync: {
    approve: (by) => ({ message: `Approval of what is held, sent by ${by}.` }),
    discard: (by) => ({ message: `Discarding of what is held, requested by ${by}.` }),
    cancel: (by) => ({ message: `Cancelling requested by ${by}.` }),
    supersede: (by) => ({ message: `A newer delivery takes over, says ${by}.`, level: 'debug' }),
  },
  settle: {},
}

/** A misspelt signal: its name is what somebody typed, so it is not told either. */
export const unknownSignal: Told = (by) => ({
  message: `A signal that does not exist here was sent by ${by} and ignored.`,
  level: 'warning',
  data: { ignored: true },
})
