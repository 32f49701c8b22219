import { Context as Activity } from '@temporalio/activity'

const everyMs = 1_000

/** Runs `work` with a heartbeat, so that a cancellation reaches it and a dead worker is noticed. */
export async function alive<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const activity = Activity.current()
  const timer = setInterval(() => activity.heartbeat(), everyMs)
  try {
    return await work(activity.cancellationSignal)
  } finally {
    clearInterval(timer)
  }
}

/** How long this activity has been tried, over all its attempts, in milliseconds. */
export const triedForMs = () => Date.now() - Activity.current().info.scheduledTimestampMs
