import { continueAsNew, log, setDefaultSignalHandler, sleep, workflowInfo } from '@temporalio/workflow'
import { housekeep } from './activities.ts'

/**
 * Mends, each minute and at its start, what a lost signal, a crash between two writes or an operator's *Terminate* left
 * behind. One per deployment.
 */
export async function housekeeping(): Promise<void> {
  setDefaultSignalHandler((name) => log.warn(`signal ignored: there is no signal "${name}"`))
  for (let round = 0; round < 500 && !workflowInfo().continueAsNewSuggested; round++) {
    const mended = await housekeep()
    for (const line of mended) log.info(line)
    await sleep('1m', { summary: 'until the next round' })
  }
  await continueAsNew<typeof housekeeping>()
}
