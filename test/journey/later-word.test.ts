import { afterAll, afterEach, expect, it } from 'vitest'
import { alterSessions } from '../support/altered-sessions.ts'
import { anActiveAudience, hashed, putPeople } from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { useJourney } from '../support/journey.ts'

const sessions = await alterSessions(() => journey.deployment.sandbox.url)
const journey = useJourney({ settings: { SANDBOX_URL: sessions.url } })
afterAll(() => sessions.close())
afterEach(() => sessions.set((session) => session))

const stateOf = async (syncId: string, name: string) => {
  const { items } = await journey.must('POST', '/v1/people/lookup', { email: `${name}@example.test` })
  return items.find((item: { syncId: string }) => item.syncId === syncId)?.state
}

it('takes nobody for refused where the platform counts fewer members than were sent', async () => {
  sessions.set((session) => ({ ...session, num_received: '1', num_invalid_entries: '2' }))
  const { audienceId, listId, syncId } = await anActiveAudience(journey, ['a', 'b'])
  await journey.settled((await journey.lastRun(audienceId)).id)
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b']))
  for (const name of ['a', 'b']) expect(await stateOf(syncId, name)).not.toBe('rejected')
})

it('sends again what the platform counts short with a wait that grows, until the platform has it all', async () => {
  sessions.set((session) => ({ ...session, num_received: '1' }))
  const { audienceId, syncId, table } = await anActiveAudience(journey, ['a', 'b'])
  const runs = async () => (await journey.must('GET', `/v1/audiences/${audienceId}/runs`)).items
  const settledRun = async (which: number) => {
    await until(async () => (await runs()).length === which)
    await journey.settled((await runs())[0].id)
    const { problem, retryAt } = await journey.must('GET', `/v1/syncs/${syncId}`)
    return { code: problem?.code, quarters: retryAt && Math.round((Date.parse(retryAt) - Date.now()) / 900_000) }
  }
  const waitIsOver = async () => {
    await journey.deployment.sql`update sync set retry_at = now() where id = ${syncId}`
    await journey.must('PATCH', `/v1/audiences/${audienceId}`, { name: 'Woken' })
  }
  expect(await settledRun(1)).toEqual({ code: 'not_all_arrived', quarters: 1 })
  await waitIsOver()
  expect(await settledRun(2)).toEqual({ code: 'not_all_arrived', quarters: 2 })
  await waitIsOver()
  expect(await settledRun(3)).toEqual({ code: 'not_all_arrived', quarters: 4 })
  sessions.set((session) => session)
  await waitIsOver()
  expect(await settledRun(4)).toEqual({ code: undefined, quarters: null })

  sessions.set((session) => ({ ...session, num_received: '0' }))
  await putPeople(journey, table, ['c'])
  await journey.syncNow(audienceId)
  expect(await settledRun(5)).toEqual({ code: 'not_all_arrived', quarters: 1 })
})
