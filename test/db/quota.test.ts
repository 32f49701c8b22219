import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect, type Database } from '../../db/connect.ts'
import { readQuotas } from '../../db/queries/destination.ts'
import { noteUsage, takeRequest } from '../../db/queries/quota.ts'
import { createDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let db: Database
beforeAll(async () => {
  database = await createDatabase()
  db = connect(database.url)
})
afterAll(async () => {
  await db.end()
  await database.drop()
})

it('is full until something is taken from it, though the platform has told of it before', async () => {
  const quota = { key: 'told first', limit: 3, windowMs: 3_600_000 }
  await noteUsage(db.sql, { key: quota.key, percent: 2, regainAfterMs: 0 }, (ms) => ms)
  const [told] = await readQuotas(db.orm, [quota.key])
  expect(Math.min(quota.limit, told?.tokens ?? 0)).toBe(3)
  const waits: number[] = []
  for (const _ of '1234') waits.push(await takeRequest(db.sql, quota))
  expect(waits.slice(0, 3)).toEqual([0, 0, 0])
  expect(waits[3]).toBeGreaterThan(0)
})
