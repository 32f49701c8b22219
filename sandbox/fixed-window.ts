/** How often something was done in the fixed window that began at `start` (milliseconds). */
export interface Window {
  start: number
  count: number
}

/** The window that `now` lies in: the one before when it still runs, else a new one that nothing was counted in. */
export function currentWindow(before: Window | undefined, lengthMs: number, now: number): Window {
  const start = Math.floor(now / lengthMs) * lengthMs
  return before?.start === start ? before : { start, count: 0 }
}
