import { afterAll, afterEach, expect, it } from 'vitest'
import { alterSessions } from '../support/altered-sessions.ts'
import { anActiveAudience, hashed } from '../support/audiences.ts'
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
