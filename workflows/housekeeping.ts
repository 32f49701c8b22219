import {
  condition,
  continueAsNew,
  defineSignal,
  log,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { housekeep } from './activities.ts'
import { housekeepingSignals, workflowIds } from './names.ts'
import { refuseOtherId } from './only-one.ts'
import { tellUnknownSignals } from './unknown-signals.ts'

/**
 * Mends, each minute and at its start, what a lost signal, a crash between two writes or an operator's *Terminate* left
 * behind. One per deployment; every worker sees to it that it runs.
 */
export async function housekeeping(): Promise<void> {
  refuseOtherId(workflowIds.housekeeping)
  let woken = false
  tellUnknownSignals()
  setHandler(
    defineSignal(housekeepingSignals.wake),
    () => {
      woken = true
    },
    { description: 'Do a round now.' },
  )
  for (let round = 0; round < 500 && !workflowInfo().continueAsNewSuggested; round++) {
    woken = false
    const mended = await housekeep('housekeeping')
    for (const line of mended) log.info(line)
    show(mended)
    await condition(() => woken, '1m', { summary: 'until the next round' })
  }
  await continueAsNew<typeof housekeeping>()
}

/** What an operator sees in the Temporal UI. */
function show(mended: readonly string[]): void {
  setCurrentDetails(
    [
      `Last round: ${new Date().toISOString()}, ${mended.length === 0 ? 'nothing to mend' : 'mended what follows'}. Signal: \`wake\` (a round now).`,
      '',
      ...mended.slice(0, 50).map((line) => `- ${line}`),
    ].join('\n'),
  )
}
