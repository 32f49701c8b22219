import type { ActivityOptions } from '@temporalio/workflow'

/** Every timeout and retry of the product. Retries are bounded by time, not by count. */
const patient = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' } as const

/** A few statements on our own database. It must be there sooner or later, so this is tried for as long as it takes. */
export const quick: ActivityOptions = {
  startToCloseTimeout: '1m',
  retry: { ...patient, maximumInterval: '15s' },
}

/** Work that grows with the audience and says that it lives. */
export const bulk: ActivityOptions = {
  startToCloseTimeout: '6h',
  heartbeatTimeout: '15s',
  retry: patient,
}

/** A round of housekeeping: what one round does not bring about, the next one does. */
export const mending: ActivityOptions = {
  startToCloseTimeout: '15m',
  heartbeatTimeout: '15s',
  retry: { ...patient, maximumInterval: '15s' },
}

/** Requests to a platform. What has not gone out after this long is left for a retry run. */
export const upload: ActivityOptions = {
  startToCloseTimeout: '2h',
  scheduleToCloseTimeout: '6h',
  heartbeatTimeout: '15s',
  retry: patient,
}

/** Asking for receipts; the platform's own deadline ends it. */
export const settling: ActivityOptions = {
  startToCloseTimeout: '15m',
  heartbeatTimeout: '15s',
  retry: { ...patient, maximumInterval: '10m' },
}

/** Batches that one upload activity takes, so that a history stays small at any size. */
export const batchesPerUpload = 50

/** Cycles of an audience before its history is continued as new. */
export const cyclesPerChain = 40
/** Times that the receipts of a delivery are asked for before its history is continued as new. */
export const asksPerChain = 200
