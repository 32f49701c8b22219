import {
  continueAsNew,
  defineQuery,
  getExternalWorkflowHandle,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow'
import { settle as askForReceipts, finishSettling } from './activities.ts'
import { audienceSignals, queries, type SettleInput, workflowIds } from './names.ts'
import { refuseOtherId } from './only-one.ts'
import { asksPerChain } from './options.ts'
import { tellUnknownSignals } from './unknown-signals.ts'

/** Follows the receipts of one delivery until the platform's word on each is final. */
export async function settle(input: SettleInput): Promise<void> {
  refuseOtherId(workflowIds.settle(input?.deliveryId))
  const { deliveryId, name } = input
  let open: number | undefined
  tellUnknownSignals()
  setHandler(defineQuery(queries.progress), () =>
    open === undefined ? 'asking for the receipts' : `${open} receipts open`,
  )
  for (let asks = 0; ; asks++) {
    if (workflowInfo().continueAsNewSuggested || asks >= (input.maxAsks ?? asksPerChain)) {
      await continueAsNew<typeof settle>(input)
    }
    const answer = await askForReceipts({ deliveryId }, `${name} · receipts`)
    open = answer.open
    if (open > 0) {
      setCurrentDetails(`**${name}**: ${open} receipts are not final.`)
      await sleep(answer.askAgainAfterMs, { summary: 'until the platform is asked again' })
      continue
    }
    const finished = await finishSettling({ deliveryId }, `${name} · all receipts are final`)
    // more was uploaded meanwhile: leaves that a person had just approved
    if (finished.open > 0) continue
    if (finished.audienceId && finished.wanted) await wake(finished.audienceId)
    return
  }
}

async function wake(audienceId: string): Promise<void> {
  const parent = getExternalWorkflowHandle(workflowIds.audience(audienceId))
  await parent.signal(audienceSignals.deliveryFinished).catch(() => log.warn('the audience has no workflow now'))
}
