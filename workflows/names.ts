/** Names that the API, the worker, the tests and the Temporal UI share. No imports: workflow code loads this too. */
export const taskQueue = 'audience-sync'
/** Uploads run on a queue of their platform's, so that one platform's waiting cannot use up the workers. */
export const uploadQueue = (platform: string) => `audience-sync-upload-${platform}`

export const workflowIds = {
  audience: (audienceId: string) => `audience-${audienceId}`,
  sync: (syncId: string) => `sync-${syncId}`,
  settle: (deliveryId: string) => `settle-${deliveryId}`,
  housekeeping: 'housekeeping',
} as const

export const workflowTypes = {
  audience: 'audience',
  sync: 'sync',
  settle: 'settle',
  housekeeping: 'housekeeping',
} as const

/** Signals of the audience workflow; each takes nothing, and ignores whatever else it is given. */
export const audienceSignals = {
  /** Refresh now. Several during a run become one more run. */
  instantSync: 'instantSync',
  pause: 'pause',
  resume: 'resume',
  /** Read the settings again: the API changed them. */
  wake: 'wake',
  /** A sync's delivery ended. */
  deliveryFinished: 'deliveryFinished',
} as const

/** Signals of a sync workflow. `approve` takes the number of leaves that the person saw. */
export const syncSignals = {
  approve: 'approve',
  discard: 'discard',
  cancel: 'cancel',
  /** Another delivery takes over from a held one. */
  supersede: 'supersede',
} as const

/** Signals of the housekeeping workflow. */
export const housekeepingSignals = {
  /** Do a round now. */
  wake: 'wake',
} as const

export const queries = { status: 'status', progress: 'progress' } as const

export const searchAttributes = {
  audienceStatus: 'AudienceStatus',
  lastOutcome: 'LastOutcome',
  nextRefreshAt: 'NextRefreshAt',
} as const

/** Who is named in Temporal's history as the sender of a signal or the starter of a workflow. Ours, so safe to show. */
export const identities = { api: 'audience-sync api', housekeeping: 'audience-sync housekeeping' } as const

export type AudienceInput = {
  readonly audienceId: string
  /** Carried over a continue-as-new; absent at the first start. */
  readonly wanted?: boolean
  readonly outcome?: string
  /** When the last run began, in ms since the epoch. */
  readonly ranAt?: number
  readonly cycleNo?: number
  /** Cycles before the history is continued as new; tests use few. */
  readonly maxCycles?: number
}
export type SyncInput = {
  readonly syncId: string
  readonly deliveryId: string
  /** For people: the destination's and the list's name. */
  readonly name: string
}
export type SettleInput = {
  readonly deliveryId: string
  readonly name: string
  /** Asks before the history is continued as new; tests use few. */
  readonly maxAsks?: number
}
