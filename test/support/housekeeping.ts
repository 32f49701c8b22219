import type { Deployment } from './deployment.ts'

/** Housekeeping looks each minute and at its start: a fresh one looks now. */
export async function nextHousekeeping({ temporal }: Pick<Deployment, 'temporal'>): Promise<void> {
  const before = temporal.workflow.getHandle('housekeeping')
  const { type, taskQueue } = await before.describe()
  await before.terminate('the next round at once')
  await temporal.workflow.start(type, { workflowId: 'housekeeping', taskQueue })
}
