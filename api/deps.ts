import type { Logger } from 'pino'
import type { Database } from '../db/connect.ts'
import type { ApiKey } from '../db/queries/api-key.ts'
import type { Seal } from '../db/seal.ts'
import type { Source } from '../sources/define.ts'
import type { Histories } from './history/temporal.ts'
import type { Session } from './session.ts'
import type { Workflows } from './workflows.ts'

/** What the API needs to know of the settings. */
export type ApiConfig = {
  /** Where the sandbox is, without a slash at the end. */
  readonly sandboxUrl: string
  /** The shortest refresh interval that an audience may have, in milliseconds. */
  readonly minRefreshMs: number
  /** The largest upload of members, in bytes. */
  readonly maxUploadBytes: number
  /** Whether addresses that users gave may lead into private networks. */
  readonly allowPrivate: boolean
  /** Where the Temporal UI shows the namespace, without a slash at the end; only people follow it. */
  readonly temporalUi?: string | undefined
}

/** Everything that a route may reach. */
export type Deps = {
  readonly db: Database
  readonly seal: Seal
  /** The secret of member keys, as `loadMemberKeySecret` reads it. */
  readonly memberKeySecret: Buffer
  readonly workflows: Workflows
  readonly histories: Histories
  /** Opens a Postgres source; nothing is dialled before its first call. */
  readonly openSource: (url: string) => Source
  readonly config: ApiConfig
  readonly log: Logger
  readonly now: () => Date
  /** Aborted when the server stops: answers that have no end of their own end then. */
  readonly stopping: AbortSignal
  /** Folder of the built console; without one there is only the API. */
  readonly consoleFolder?: string | undefined
}

/** What the middleware leaves for the handlers. */
export type ApiEnv = { Variables: { key: ApiKey; session: Session | undefined; requestId: string } }
