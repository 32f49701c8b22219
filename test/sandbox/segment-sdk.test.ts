import { Analytics } from '@segment/analytics-node'
import { expect, it } from 'vitest'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

it("serves Segment's own Node library, with only its address changed", async () => {
  const { body } = await sandbox.control('POST', '/accounts', { platform: 'segment' })
  const analytics = new Analytics({
    writeKey: body.credentials.write_key,
    host: sandbox.url,
    path: '/segment/v1/batch',
  })
  const properties = { segment_id: 'seg', segment_name: 'VIP' }
  analytics.identify({ userId: 'u1', traits: { email: 'anna@example.test' } })
  for (const userId of ['u1', 'u2']) analytics.track({ userId, event: 'Audience Entered', properties })
  analytics.track({ anonymousId: 'a3', event: 'Audience Entered', properties, messageId: 'own-id' })
  analytics.track({ anonymousId: 'a3', event: 'Audience Entered', properties, messageId: 'own-id' })
  analytics.track({ userId: 'u2', event: 'Audience Exited', properties })
  await analytics.closeAndFlush()
  const { events } = (await sandbox.control('GET', `/segment/events?stream=${body.id}`)).body
  expect(events.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    ...['kept', 'kept', 'kept', 'kept', 'repeat', 'kept'],
  ])
  const { members } = (await sandbox.control('GET', `/segment/state?audience=seg&stream=${body.id}`)).body
  expect(members).toEqual([{ userId: 'u1' }, { anonymousId: 'a3' }])
})
