import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Deployment, heldMembers, seedAudience, startDeployment, syncNow, until } from '../support/deployment.ts'
import { allEvents, sendRawSignal, shownDetails, summaries } from '../support/temporal-page.ts'

// What somebody sees and does who has nothing but the Temporal UI.

let deployment: Deployment
let at: Awaited<ReturnType<typeof seedAudience>>

beforeAll(async () => {
  deployment = await startDeployment()
  await deployment.people`create table people (id text primary key, email text, phone text)`
  await deployment.people`insert into people select 'p' || n, 'person' || n || '@example.test', null from generate_series(1, 300) n`
  at = await seedAudience(deployment)
  await syncNow(deployment, at.audienceId)
}, 120_000)
afterAll(() => deployment?.stop())

const workflow = (id: string) => deployment.temporal.workflow.getHandle(id)
const audience = () => workflow(`audience-${at.audienceId}`)
const sync = () => workflow(`sync-${at.syncId}`)
const runs = async () => Number((await deployment.sql`select count(*) as n from run`)[0]?.n)
const told = (words: string) => until(async () => deployment.workerOutput().includes(words))
const found = async (query: string) => {
  const ids: string[] = []
  for await (const { workflowId } of deployment.temporal.workflow.list({ query })) ids.push(workflowId)
  return ids
}

describe('an operator in the Temporal UI', { timeout: 20_000 }, () => {
  it('finds an audience by its status and by how its last run went', async () => {
    const mine = [`audience-${at.audienceId}`]
    const query = `WorkflowType = 'audience' AND AudienceStatus = 'active' AND NextRefreshAt > '${new Date().toISOString()}'`
    await until(async () => (await found(`${query} AND LastOutcome STARTS_WITH '300 members'`)).length > 0)
    expect(await found(query)).toEqual(mine)
    expect(await found(`AudienceStatus = 'paused'`)).toEqual([])
  })

  it('sees what the audience is, how it went, when it goes on, and where it goes', async () => {
    await until(async () => (await shownDetails(audience())).text.includes('last delivered'))
    const { memo, typedSearchAttributes } = await audience().describe()
    expect(memo).toEqual({ audience: 'Buyers' })
    const [row] = await deployment.sql`select next_refresh_at as at from audience where id = ${at.audienceId}`
    const attributes = Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]))
    expect(attributes).toMatchObject({
      AudienceStatus: 'active',
      LastOutcome: '300 members; 1 to deliver: 300 joined, 0 left, 0 changed',
      NextRefreshAt: row?.at,
    })
    const { text, signals } = await shownDetails(audience())
    expect(text).toContain('**Buyers** is active.')
    expect(text).toMatch(/- Last run: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, 300 members/)
    expect(text).toContain(`- Next run: ${row?.at.toISOString().slice(0, 19).replace('T', ' ')} UTC`)
    expect(text).toMatch(/- Meta · Buyers: last delivered \d{4}-/)
    expect(signals).toEqual(['deliveryFinished', 'instantSync', 'pause', 'resume', 'wake'])
    expect(await audience().query('status')).toMatchObject({
      name: 'Buyers',
      status: 'active',
      wanted: false,
      cycles: 1,
    })
  })

  it('pauses it, is told that an instant sync has to wait, and resumes it', async () => {
    const before = await runs()
    await audience().signal('pause')
    await until(async () => (await shownDetails(audience())).text.includes('is paused'))
    expect((await shownDetails(audience())).text).toContain('Next run: none before somebody resumes it')
    expect(await deployment.sql`select paused from audience where id = ${at.audienceId}`).toMatchObject([
      { paused: true },
    ])
    await until(async () => (await found(`AudienceStatus = 'paused'`)).length === 1)
    await audience().signal('instantSync')
    await told('instant sync ignored: the audience is paused')
    await audience().signal('resume')
    await until(async () => (await shownDetails(audience())).text.includes('is active'))
    expect(await runs()).toBe(before)
    await audience().signal('instantSync')
    await until(async () => (await runs()) === before + 1)
    await until(async () => (await shownDetails(audience())).text.includes('300 members, nothing to do'))
  })

  it('is not refused an instant sync by a pause that is over, though nobody has told the workflow', async () => {
    const before = await runs()
    await audience().signal('pause')
    await until(async () => (await shownDetails(audience())).text.includes('is paused'))
    await deployment.sql`update audience set paused = false where id = ${at.audienceId}`
    await audience().signal('instantSync')
    await until(async () => (await runs()) === before + 1)
    await until(async () => (await shownDetails(audience())).text.includes('is active'))
  })

  it('sees that leaves wait, is told of nonsense, and lets them go out', async () => {
    await deployment.people`delete from people where id <= 'p2'`
    await syncNow(deployment, at.audienceId)
    const [held] = await deployment.sql`select counts, id from delivery where status = 'held'`
    const leaves = Number(held?.counts.held)
    expect(leaves).toBeGreaterThan(100)
    const describeSync = async () => (await shownDetails(sync())).text
    await until(async () => (await describeSync()).includes(`${leaves} leaves are held`))
    expect(await describeSync()).toContain('`approve` (with their number), `discard`')
    expect(await sync().query('progress')).toContain(`${leaves} leaves are held`)
    expect((await sync().describe()).memo).toEqual({ sync: 'Meta · Buyers' })
    await until(async () => (await shownDetails(audience())).text.includes(`${leaves} leaves wait for approval`))

    await garbage(`sync-${at.syncId}`, ['approve', 'supersede', 'aprove'])
    for (const nonsense of [
      undefined,
      'all',
      {},
      { leaves: 'all' },
      [leaves],
      true,
      leaves - 1,
      `${leaves}0`,
      -1,
      1e300,
    ])
      await sync().signal('approve', nonsense)
    await told('approve ignored: it takes the number of leaves that wait')
    await told(`does not fit: ${leaves} leaves are held`)
    await told('supersede ignored')
    await told(String.raw`there is no signal \"aprove\"`)
    expect(await describeSync()).toContain(`${leaves} leaves are held`)
    expect(await heldMembers(deployment, at.listId)).toHaveLength(300)

    await sync().signal('approve', { leaves: String(leaves) })
    await until(async () => (await heldMembers(deployment, at.listId)).length === 300 - leaves)
    await sync().result()
  })

  it('sees a line for each activity and timer of every workflow', async () => {
    await until(async () => (await deployment.sql`select from delivery where settled_at is null`).length === 0)
    const ids = await found('')
    expect(new Set(ids.map((id) => id.split('-')[0]))).toEqual(new Set(['audience', 'sync', 'settle', 'housekeeping']))
    const lines = summaries(await allEvents(deployment.temporal))
    expect(lines).not.toContain(undefined)
    expect(lines).toEqual(
      expect.arrayContaining([
        'Buyers · snapshot',
        'Buyers · diff',
        'until the next refresh',
        'Meta · Buyers · hash',
        'Meta · Buyers · joins · batches 1 to 1',
        'Meta · Buyers · leaves · batches 1 to 1',
        'Meta · Buyers · receipts',
        'housekeeping',
        'until the next round',
      ]),
    )
  })

  it('cannot stop a workflow with whatever is typed or sent', async () => {
    const before = await runs()
    const housekeeping = workflow('housekeeping')
    for (const id of [`audience-${at.audienceId}`, 'housekeeping'])
      await garbage(id, ['wake', 'instantsync', 'deliveryFinished', 'constructor', '__proto__', ''])
    await told(String.raw`there is no signal \"instantsync\"`)
    // each answers, so none of them is stuck on a task
    expect(await audience().query('status')).toMatchObject({ status: 'active', wanted: false })
    expect((await shownDetails(housekeeping)).signals).toEqual(['wake'])
    expect(await runs()).toBe(before)
    const failed = (await allEvents(deployment.temporal)).filter((event) => event.workflowTaskFailedEventAttributes)
    expect(failed).toEqual([])
  })

  it('is told, and changes nothing, who starts a workflow by hand', async () => {
    for (const [type, args] of [
      ['audience', [{ audienceId: at.audienceId }]],
      ['audience', []],
      ['audience', ['nonsense']],
      ['sync', [{ syncId: at.syncId, deliveryId: 'x', name: 'x' }]],
      ['settle', [null]],
      ['housekeeping', []],
    ] as const) {
      const workflowId = `by-hand-${type}`
      const options = { workflowId, taskQueue: 'audience-sync', args: [...args] }
      const started = await deployment.temporal.workflow.start(type, options)
      await expect(started.result()).rejects.toMatchObject({ cause: { type: 'WrongWorkflowId' } })
    }
    const stray = { workflowId: 'audience-stray', taskQueue: 'audience-sync', args: [{ audienceId: 'stray' }] }
    await deployment.temporal.workflow.execute('audience', stray)
  })

  /** Everything that people and tools may send with a signal. */
  async function garbage(workflowId: string, names: readonly string[]): Promise<void> {
    const bytes = (text: string) => Buffer.from(text)
    for (const name of names) {
      if (name) {
        await workflow(workflowId).signal(name)
        await workflow(workflowId).signal(name, 'words', 7, null, { a: [{ deep: true }] })
        await workflow(workflowId).signal(name, 'x'.repeat(500_000))
        await workflow(workflowId).signal(name, new Uint8Array([0, 255, 13]))
      }
      await sendRawSignal(deployment.temporal, workflowId, name, [
        { metadata: { encoding: bytes('json/plain') }, data: bytes('{"leaves": 12') },
        { metadata: { encoding: bytes('binary/encrypted') }, data: bytes('\0\xff') },
        { metadata: {}, data: bytes('no encoding') },
        {},
      ]).catch((error: { code?: number }) => {
        if (error.code !== invalidArgument) throw error
      })
    }
  }
})

/** gRPC's code for what the Temporal server itself does not take. */
const invalidArgument = 3
