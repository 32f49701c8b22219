import { expect, it } from 'vitest'
import { aSource, aTable, putPeople } from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { useJourney } from '../support/journey.ts'
import { platforms, syncTo, wrongIn } from '../support/platform-lists.ts'

const journey = useJourney()

it('keeps two platforms on time while one throttles, one is broken and one is slow', { timeout: 120_000 }, async () => {
  const { must, sandbox } = journey
  const table = await aTable(journey, ['anna', 'ben'])
  const { id: audienceId } = await must('POST', '/v1/audiences', {
    name: 'Everywhere',
    kind: 'dynamic',
    source: { id: await aSource(journey), memberId: 'id', table },
    refreshInterval: '7d',
  })
  await must('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email', 'phone'] })
  const syncs: Awaited<ReturnType<typeof syncTo>>[] = []
  for (const platform of platforms) syncs.push(await syncTo(journey, platform, audienceId, 'everybody'))
  await must('POST', `/v1/audiences/${audienceId}/activate`)
  const wrong = async (names: readonly string[]) => {
    const found: Record<string, string[]> = {}
    for (const { platform, listId } of syncs) found[platform] = await wrongIn(journey, platform, listId, names)
    return found
  }
  const tick = async () => {
    for (const platform of platforms) await sandbox('POST', '/clock', { platform, advance: '10m' })
  }
  const everywhere = (names: readonly string[]) =>
    until(async () => {
      await tick()
      return Object.values(await wrong(names)).every(({ length }) => length === 0)
    })
  await everywhere(['anna', 'ben'])
  const settled = async (runId: string) => {
    await tick()
    return (await must('GET', `/v1/runs/${runId}`)).settledAt !== null
  }
  const first = await journey.lastRun(audienceId)
  await until(() => settled(first.id))

  const throttled = await sandbox('POST', '/faults', { platform: 'google', fault: 'throttled', rate: 1, seed: 1 })
  await sandbox('POST', '/faults', { platform: 'klaviyo', fault: 'permission', times: 1 })
  await sandbox('POST', '/faults', { platform: 'linkedin', fault: 'slow', times: 1, ms: 6_000 })
  await putPeople(journey, table, ['carl'])
  const { runId } = await must('POST', `/v1/audiences/${audienceId}/instant-sync`)
  await until(async () => {
    const { meta, tiktok } = await wrong(['anna', 'ben', 'carl'])
    return meta?.length === 0 && tiktok?.length === 0
  })
  const broken = syncs.find(({ platform }) => platform === 'klaviyo')
  expect(await wrong(['anna', 'ben'])).toMatchObject({ google: [], klaviyo: [] })
  await until(async () => {
    const { problem } = await must('GET', `/v1/destinations/${broken?.destinationId}`)
    return problem?.next.length > 0
  })
  // the two that were on time have been told of as such, while the throttled one is still at it
  await until(async () => {
    const { deliveries } = await must('GET', `/v1/runs/${runId}`)
    const status = Object.fromEntries(
      deliveries.map(({ syncId, status }: { syncId: string; status: string }) => [
        syncs.find((one) => one.syncId === syncId)?.platform,
        status,
      ]),
    )
    expect(status.google).toBe('uploading')
    return ['uploaded', 'settled'].includes(status.meta) && ['uploaded', 'settled'].includes(status.tiktok)
  })

  await sandbox('DELETE', `/faults/${throttled.id}`)
  await must('POST', `/v1/destinations/${broken?.destinationId}/check`)
  await everywhere(['anna', 'ben', 'carl'])
})
