import type { Run } from '../shapes.ts'

/** The state of a run with what its deliveries wait for: a run is over only when every receipt is final. */
export function runState({ status, deliveries, settledAt }: Run): string {
  if (status !== 'done') return status
  if (deliveries.some((delivery) => delivery.status === 'held')) return 'held'
  return settledAt === null && deliveries.some((delivery) => delivery.status === 'uploaded') ? 'uploaded' : 'done'
}
