import { customType, timestamp, uuid } from 'drizzle-orm/pg-core'

export const id = () => uuid().primaryKey().defaultRandom()
export const at = () => timestamp({ withTimezone: true, mode: 'date' })
export const createdAt = () => at().notNull().defaultNow()
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })

/** What is wrong with a thing, in our own words: never a value of a member. */
export type Problem = {
  /** A stable word for programs, such as `list_deleted`. */
  readonly code: string
  readonly what: string
  /** Whose move it is: "you", "an administrator of the ad account", "nobody: it is retried". */
  readonly whose: string
  readonly next: string
  readonly at: string
}
