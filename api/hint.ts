import type { audienceSignals, syncSignals } from '../workflows/names.ts'
import type { Deps } from './deps.ts'

/*
 * Postgres holds the wish, a signal is only a hint: what is wanted has been written when these are called. A signal
 * that is lost costs at most a minute, until housekeeping looks; it is told in the log and is no error of the request.
 */

/** Tells the audience's workflow to look at what is wanted. Nothing is sent for one that is not at work. */
export async function hintAudience(
  { workflows, log }: Deps,
  audience: { readonly id: string; readonly name: string; readonly status: string },
  signal: keyof typeof audienceSignals,
): Promise<void> {
  if (audience.status !== 'active' && audience.status !== 'archiving') return
  await workflows.signalAudience(audience, signal).catch((error: unknown) => {
    log.warn({ audienceId: audience.id, signal, error: nameOf(error) }, 'signal not delivered; housekeeping follows up')
  })
}

export async function hintSync(
  { workflows, log }: Deps,
  syncId: string,
  signal: keyof typeof syncSignals,
  ...args: unknown[]
): Promise<void> {
  await workflows.signalSync(syncId, signal, ...args).catch((error: unknown) => {
    log.warn({ syncId, signal, error: nameOf(error) }, 'signal not delivered; housekeeping follows up')
  })
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : typeof error)
