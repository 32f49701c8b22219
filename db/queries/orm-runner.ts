import type { Orm } from '../connect.ts'

/** The pool or a transaction of it: what every query over single rows takes first. */
export type OrmRunner = Orm | Parameters<Parameters<Orm['transaction']>[0]>[0]
