import {
  defineQuery,
  getExternalWorkflowHandle,
  log,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  sleep,
} from '@temporalio/workflow'
import { settle as askForReceipts, finishSettling } from './activities.ts'
import { audienceSignals, queries, type SettleInput, workflowIds } from './names.ts'

/** Follows the receipts of one delivery until the platform's word on each is final. */
export async function settle({ deliveryId, name }: SettleInput): Promise<void> {
  let open = 0
  setDefaultSignalHandler((signal) => log.warn(`signal ignored: there is no signal "${signal}"`))
  setHandler(defineQuery(queries.progress), () => `${open} receipts open`)
  for (;;) {
    const answer = await askForReceipts({ deliveryId }, `${name} · receipts`)
    open = answer.open
    if (open === 0) break
    setCurrentDetails(`**${name}**: ${open} receipts are not final`)
    await sleep(answer.askAgainAfterMs, { summary: 'until the platform is asked again' })
  }
  const { audienceId, wanted } = await finishSettling({ deliveryId })
  if (audienceId && wanted) {
    const parent = getExternalWorkflowHandle(workflowIds.audience(audienceId))
    await parent.signal(audienceSignals.deliveryFinished).catch(() => log.warn('the audience has no workflow now'))
  }
}
