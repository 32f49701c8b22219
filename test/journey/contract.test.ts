import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PlatformId } from '../../destinations/index.ts'
import { aSource, aTable, putPeople, takePeople } from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { useJourney } from '../support/journey.ts'
import { platforms, syncTo, wrongIn } from '../support/platform-lists.ts'

const cases = [
  'add',
  'repeat',
  'remove',
  'update',
  'shared identifier',
  'one bad row among good ones',
  'late rejection',
  'throttled',
  'answer lost after the work was done',
  'worker killed before the answer',
  'dead credentials',
  'list deleted',
  'update where removal is asynchronous',
  'whole request rejected',
] as const
type Case = (typeof cases)[number]

const atOnce = 'it answers for each row at once'
/** Why a case cannot happen at a platform. */
const doesNotApply: Partial<Record<PlatformId, Partial<Record<Case, string>>>> = {
  klaviyo: { 'update where removal is asynchronous': 'a removal is done when it is answered' },
  linkedin: {
    'late rejection': atOnce,
    'update where removal is asynchronous': 'a removal is done when it is answered',
  },
  meta: { 'update where removal is asynchronous': 'a removal is done when it is answered' },
  tiktok: {
    'one bad row among good ones': 'it never tells of single rows',
    'late rejection': 'it never tells of single rows',
    'update where removal is asynchronous': 'a removal is done when it is answered',
  },
}

/** Of single members they never say more than that they took them. */
const onlyTaken: ReadonlySet<PlatformId> = new Set(['pinterest', 'tiktok'])

const journey = useJourney()
const outcomes = new Map<string, string>()
let sourceId: string
beforeAll(async () => {
  sourceId = await aSource(journey)
})
afterAll(() => {
  const width = Math.max(...cases.map(({ length }) => length))
  console.log([' '.repeat(width), ...platforms.map((platform) => platform.padEnd(8))].join('  '))
  for (const name of cases)
    console.log(
      [name.padEnd(width), ...platforms.map((platform) => (outcomes.get(platform + name) ?? '').padEnd(8))].join('  '),
    )
  for (const [platform, reasons] of Object.entries(doesNotApply))
    for (const [name, reason] of Object.entries(reasons)) console.log(`${platform}, ${name}: does not apply, ${reason}`)
})

describe.each(platforms)('%s keeps the contract of a list destination', { timeout: 90_000 }, (platform) => {
  /** A case that runs, or stands in the table with the reason why it does not apply. */
  function contract(name: Case, work: () => Promise<void>) {
    const reason = doesNotApply[platform]?.[name]
    outcomes.set(platform + name, reason ? '-' : 'not run')
    if (reason) return
    it(name, async () => {
      outcomes.set(platform + name, 'FAILED')
      await work()
      outcomes.set(platform + name, 'passed')
    })
  }

  const clock = (advance: string) => journey.sandbox('POST', '/clock', { platform, advance })
  const fault = (more: object) => journey.sandbox('POST', '/faults', { platform, times: 1, ...more })

  async function anAudience(names: readonly string[]) {
    const { must } = journey
    const table = await aTable(journey, names)
    const { id: audienceId } = await must('POST', '/v1/audiences', {
      name: `${platform} audience of ${table}`,
      kind: 'dynamic',
      source: { id: sourceId, memberId: 'id', table },
      refreshInterval: '7d',
    })
    await must('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email', 'phone'] })
    const synced = await syncTo(journey, platform, audienceId, table)
    await must('POST', `/v1/audiences/${audienceId}/activate`)
    const at = { table, audienceId, ...synced }
    await settled((await journey.lastRun(audienceId)).id)
    return at
  }
  type At = Awaited<ReturnType<typeof anAudience>>

  /** Until the platform has had its last word; its clock goes faster than ours. */
  async function settled(runId: string) {
    return until(async () => {
      const run = await journey.must('GET', `/v1/runs/${runId}`)
      if (run.settledAt !== null) return run
      await clock('10m')
      return undefined
    })
  }
  const sync = async (at: At) => settled((await journey.syncNow(at.audienceId)).id)

  const holds = async (at: At, names: readonly string[]) =>
    expect(await wrongIn(journey, platform, at.listId, names)).toEqual([])
  /** In the end, whatever retries it takes. */
  const comesToHold = (at: At, names: readonly string[]) =>
    until(async () => {
      await clock('10m')
      return (await wrongIn(journey, platform, at.listId, names)).length === 0
    })
  const syncOf = (at: At) => journey.must('GET', `/v1/syncs/${at.syncId}`)
  const stateOf = async (at: At, memberId: string) => {
    const { items } = await journey.must('POST', '/v1/people/lookup', { memberId })
    return items.find(({ syncId }: { syncId: string }) => syncId === at.syncId)
  }

  contract('add', async () => {
    const at = await anAudience(['anna', 'ben'])
    await holds(at, ['anna', 'ben'])
    const word = onlyTaken.has(platform) ? 'accepted' : 'confirmed'
    expect(await stateOf(at, 'anna')).toMatchObject({ state: word })
  })

  contract('repeat', async () => {
    const at = await anAudience(['anna', 'ben'])
    expect((await sync(at)).deliveries).toEqual([])
    await journey.must('POST', `/v1/syncs/${at.syncId}/resync`)
    const run = await settled((await journey.lastRun(at.audienceId)).id)
    expect(run.deliveries).toMatchObject([{ counts: { again: 2 } }])
    await holds(at, ['anna', 'ben'])
  })

  contract('remove', async () => {
    const at = await anAudience(['anna', 'ben', 'carl', 'dora'])
    await takePeople(journey, at.table, ['ben'])
    await sync(at)
    await holds(at, ['anna', 'carl', 'dora'])
    expect(await stateOf(at, 'ben')).toMatchObject({ state: 'absent' })
  })

  contract('update', async () => {
    const at = await anAudience(['anna', 'ben'])
    const { people } = journey.deployment
    await people`update ${people(at.table)} set email = 'eve@example.test' where id = 'ben'`
    await sync(at)
    await comesToHold(at, ['anna', 'eve'])
  })

  contract('shared identifier', async () => {
    const at = await anAudience(['anna', 'ben', 'carl'])
    const { people } = journey.deployment
    await people`insert into ${people(at.table)} values ('anna too', 'anna@example.test', null)`
    await sync(at)
    await takePeople(journey, at.table, ['anna'])
    await sync(at)
    await holds(at, ['anna', 'ben', 'carl'])
    await takePeople(journey, at.table, ['anna too'])
    await sync(at)
    await comesToHold(at, ['ben', 'carl'])
  })

  contract('one bad row among good ones', async () => {
    const at = await anAudience(['anna'])
    await fault({ fault: 'reject_rows' })
    await putPeople(journey, at.table, ['ben', 'carl', 'dora'])
    const run = await sync(at)
    const { members } = await journey.sandbox('GET', `/${platform}/lists/${at.listId}?limit=1000`)
    expect(members.length).toBe(3)
    expect(await told(run)).toBe(1)
  })

  contract('late rejection', async () => {
    const at = await anAudience(['anna'])
    await fault({ fault: 'reject_rows' })
    await putPeople(journey, at.table, ['ben', 'carl'])
    const sent = await journey.syncNow(at.audienceId)
    expect(await told(sent)).toBe(platform === 'meta' ? 1 : 0)
    expect(await told(await settled(sent.id))).toBe(1)
  })

  /** How many members the run's deliveries tell as refused, all of them with a reason. */
  async function told(run: { deliveries: { id: string }[] }): Promise<number> {
    let refused = 0
    for (const { id } of run.deliveries) {
      const { reasons } = await journey.must('GET', `/v1/deliveries/${id}`)
      for (const { reason, members, by } of reasons) if (reason && by !== 'unusable') refused += members
    }
    return refused
  }

  contract('throttled', async () => {
    const at = await anAudience(['anna'])
    await fault({ fault: 'throttled' })
    await putPeople(journey, at.table, ['ben'])
    await journey.must('POST', `/v1/audiences/${at.audienceId}/instant-sync`)
    await comesToHold(at, ['anna', 'ben'])
    expect((await syncOf(at)).problem).toBeNull()
  })

  contract('answer lost after the work was done', async () => {
    const at = await anAudience(['anna'])
    await fault({ fault: 'drop_after' })
    await putPeople(journey, at.table, ['ben'])
    await sync(at)
    await holds(at, ['anna', 'ben'])
  })

  contract('worker killed before the answer', async () => {
    const at = await anAudience(['anna'])
    const { id } = await fault({ fault: 'drop_after_slow', ms: 5_000 })
    await putPeople(journey, at.table, ['ben'])
    await journey.must('POST', `/v1/audiences/${at.audienceId}/instant-sync`)
    await until(async () => {
      const { faults } = await journey.sandbox('GET', '/faults')
      return faults.find((one: { id: unknown }) => one.id === id)?.fired > 0
    })
    await journey.deployment.killWorker()
    await journey.deployment.startWorker()
    await comesToHold(at, ['anna', 'ben'])
  })

  contract('dead credentials', async () => {
    const at = await anAudience(['anna'])
    await fault({ fault: 'permission' })
    await putPeople(journey, at.table, ['ben'])
    await journey.syncNow(at.audienceId)
    await until(async () => (await syncOf(at)).problem !== null)
    const destination = await journey.must('GET', `/v1/destinations/${at.destinationId}`)
    expect(destination).toMatchObject({ status: 'needs_attention', problem: { next: expect.stringMatching(/\w{5}/) } })
    await journey.must('POST', `/v1/destinations/${at.destinationId}/check`)
    await comesToHold(at, ['anna', 'ben'])
    await until(async () => (await syncOf(at)).problem === null)
  })

  contract('list deleted', async () => {
    const at = await anAudience(['anna', 'ben'])
    await journey.sandbox('POST', `/${platform}/lists/${at.listId}/delete`, {})
    await putPeople(journey, at.table, ['carl'])
    await journey.syncNow(at.audienceId)
    await until(async () => {
      await clock('10m')
      return (await syncOf(at)).problem?.code === 'list_gone'
    })
    await journey.must('POST', `/v1/syncs/${at.syncId}/recreate-list`)
    await clock('5m')
    const { list } = await syncOf(at)
    expect(list.id).not.toBe(at.listId)
    await comesToHold({ ...at, listId: list.id }, ['anna', 'ben', 'carl'])
    await until(async () => (await syncOf(at)).problem === null)
  })

  contract('update where removal is asynchronous', async () => {
    const at = await anAudience(['anna', 'ben'])
    const { people } = journey.deployment
    await people`update ${people(at.table)} set phone = '+49 30 1234567' where id = 'ben'`
    await sync(at)
    await people`update ${people(at.table)} set phone = '+49 30 7654321' where id = 'ben'`
    await sync(at)
    await comesToHold(at, ['anna', 'ben'])
    await people`update ${people(at.table)} set email = 'eve@example.test' where id = 'ben'`
    await journey.syncNow(at.audienceId)
    await people`update ${people(at.table)} set email = 'ben@example.test' where id = 'ben'`
    await sync(at)
    await comesToHold(at, ['anna', 'ben'])
  })

  contract('whole request rejected', async () => {
    const at = await anAudience(['anna'])
    await fault({ fault: 'bad_request' })
    await putPeople(journey, at.table, ['ben', 'carl', 'dora'])
    await journey.syncNow(at.audienceId)
    await journey.must('POST', `/v1/syncs/${at.syncId}/retry-rejected`)
    await comesToHold(at, ['anna', 'ben', 'carl', 'dora'])
  })
})
