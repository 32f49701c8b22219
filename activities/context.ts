import type { Client } from '@temporalio/client'
import type { Database } from '../db/connect.ts'
import type { Seal } from '../db/seal.ts'

/** What the worker lends to every activity. */
export type Context = {
  readonly db: Database
  readonly seal: Seal
  readonly temporal: Client
  /** The key of member keys, made once and never rotated. */
  readonly memberKeySecret: Buffer
  readonly sandboxUrl: string
  /** Waits of sandbox destinations are divided by this. */
  readonly sandboxTimeScale: number
  /** Whether addresses that users gave may lead into private networks. */
  readonly allowPrivate: boolean
  /** How long an attempt at an upload may send before it has to say that it lives. */
  readonly leaseMs: number
  /** The longest that a source's query may take. */
  readonly sourceTimeoutMs: number
  /** How long a source may be out of reach before the run fails and asks for a retry run. */
  readonly sourcePatienceMs: number
}
