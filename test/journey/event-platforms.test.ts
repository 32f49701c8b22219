import { expect, it } from 'vitest'
import { aSource } from '../support/audiences.ts'
import { useJourney } from '../support/journey.ts'

const journey = useJourney()

/** How each platform that takes events knows the people of the table below. */
const mappings: Record<string, Record<string, string>> = {
  ga4: { CLIENT_ID: 'client' },
  google: { CLIENT_ID: 'client', email: 'email' },
  klaviyo: { email: 'email', ANONYMOUS_ID: 'id' },
  meta: { EMAIL: 'email', FBP: 'fbp' },
  segment: { ANONYMOUS_ID: 'id', EMAIL: 'email' },
  tiktok: { EMAIL_SHA256: 'email', EXTERNAL_ID: 'id' },
  webhook: { MEMBER_ID: 'id', EMAIL: 'email' },
}

it.each(Object.keys(mappings))(
  '%s hears of each join and leave, and of nobody twice',
  { timeout: 60_000 },
  async (platform) => {
    const { must, sandbox } = journey
    const { people } = journey.deployment
    const table = `visitors_${platform}`
    await people.unsafe(`create table ${table} (id text primary key, email text, fbp text, client text)`)
    const visitor = (n: number, email: string | null) => ({
      id: `visitor-${n}-of-the-shop`,
      email,
      fbp: `fb.1.1790000000000.${1_000_000_000 + n}`,
      client: `${1_000_000_000 + n}.1790000000`,
    })
    const rows = [visitor(1, 'anna@example.test'), visitor(2, null), visitor(3, 'carl@example.test')]
    await people`insert into ${people(table)} ${people(rows)}`
    const { id: destinationId } = await must('POST', '/v1/destinations', { name: platform, platform, sandbox: true })
    const { id: audienceId } = await must('POST', '/v1/audiences', {
      name: `Visitors for ${platform}`,
      kind: 'dynamic',
      source: { id: await aSource(journey), memberId: 'id', table },
      refreshInterval: '7d',
    })
    await must('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['id', 'email', 'fbp', 'client'] })
    const sync = { destinationId, mode: 'event', announceExisting: true, mapping: mappings[platform], enabled: true }
    await must('POST', `/v1/audiences/${audienceId}/syncs`, sync)
    await must('POST', `/v1/audiences/${audienceId}/activate`)
    const settled = async (runId: string) => {
      // receipts that come later, such as Google's, come at once by the sandbox's clock
      await journey.finished(runId)
      await sandbox('POST', '/clock', { platform, advance: '2h' })
      return journey.settled(runId)
    }
    await settled((await journey.lastRun(audienceId)).id)
    const state = async () => (await sandbox('GET', `/${platform}/state?audience=${audienceId}`)).members
    expect(await state()).toHaveLength(3)

    await people`delete from ${people(table)} where id = ${rows[0]?.id ?? ''}`
    await people`insert into ${people(table)} ${people([visitor(4, 'dora@example.test'), visitor(5, null)])}`
    await settled((await journey.syncNow(audienceId)).id)
    expect(await state()).toHaveLength(4)
    const { events } = await sandbox('GET', `/${platform}/events?limit=1000`)
    const told = events.filter(({ audience }: { audience: string }) => audience === audienceId)
    expect(told.filter(({ dropped }: { dropped: string | null }) => dropped)).toEqual([])
    expect(told).toHaveLength(6)
  },
)
