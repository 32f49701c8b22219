import { freeze } from '../support/crash-points.ts'
import type { History, Step, Wait } from './history.ts'
import { currentList, type Divergence, judge, missed } from './judge.ts'
import { mappings } from './people.ts'
import { rowsOf, type Scene, setScene, writePeople } from './scene.ts'
import { pause, steadily, type World } from './world.ts'

/** What a history came to: nothing to say, or what diverged and at which step. */
export type Outcome = {
  readonly scene: Scene
  readonly diverged: readonly Divergence[]
  readonly at: number
  /** What was done and when, for people. */
  readonly told: readonly string[]
}

export const prepare = (world: World, number: number) =>
  setScene(world, number, mappings[number % mappings.length] ?? { EMAIL: 'email' })

/** Lets a history happen, and stops at the first divergence. */
export async function play(world: World, scene: Scene, history: History): Promise<Outcome> {
  const told: string[] = []
  let at = 0
  for (const step of history.steps) {
    const tell = (text: string) => told.push(`${new Date().toISOString().slice(11, 23)} step ${at}: ${text}`)
    tell(describe(step, scene))
    const diverged = await happen(world, scene, step, tell)
    if (diverged.length > 0) return { scene, diverged, at, told }
    at++
  }
  return { scene, diverged: [], at, told }
}

function describe(step: Step, before: Scene): string {
  if (step.do !== 'people') return JSON.stringify(step)
  const was = new Map(before.people.map((person) => [person.id, JSON.stringify(person)]))
  const is = new Map(step.people.map((person) => [person.id, JSON.stringify(person)]))
  const parts = [...new Set([...was.keys(), ...is.keys()])].flatMap((id) => {
    const now = is.get(id)
    if (was.get(id) === now) return []
    return now === undefined ? [`${id} left`] : [`${was.has(id) ? 'changed' : 'joined'} ${now}`]
  })
  return `people: ${parts.join(' · ') || 'no change'}; crowd ${JSON.stringify(step.crowd)}`
}

async function happen(world: World, scene: Scene, step: Step, tell: (text: string) => void): Promise<Divergence[]> {
  const { tally, api, sandboxCall } = world
  const syncPath = `/v1/syncs/${scene.syncId}`
  const audiencePath = `/v1/audiences/${scene.audienceId}`
  const done = (reply: { status: number; body: { code?: string } | null }) => {
    const outcome = reply.status < 300 ? 'done' : `refused (${reply.body?.code ?? reply.status})`
    tally.count('settings changed in flight', `${step.do}: ${outcome}`)
    if (['mapping', 'country', 'keeping', 'move', 'archive and return'].includes(step.do)) scene.steady.clear()
    tell(outcome)
    return reply.status < 300
  }
  switch (step.do) {
    case 'people':
      await writePeople(world, scene, step.people, step.crowd)
      break
    case 'mapping':
      if (done(await api('PATCH', syncPath, { mapping: step.mapping }))) scene.mapping = step.mapping
      break
    case 'country':
      if (done(await api('PATCH', audiencePath, { defaultCountry: step.country }))) scene.country = step.country
      break
    case 'keeping':
      if (done(await api('PATCH', syncPath, { keeping: step.keeping }))) scene.keeping = step.keeping
      break
    case 'enabled':
      done(await api('PATCH', syncPath, { enabled: step.enabled }))
      break
    case 'pause':
    case 'resume':
      done(await api('POST', `${audiencePath}/${step.do}`))
      break
    case 'resync':
      done(await api('POST', `${syncPath}/resync`))
      break
    case 'retry rejected':
      done(await api('POST', `${syncPath}/retry-rejected`))
      break
    case 'brake':
      done(await api('PATCH', audiencePath, { brake: { percent: step.percent, minimum: step.minimum } }))
      break
    case 'move':
      await move(world, scene, step.members, done)
      break
    case 'archive and return':
      await archiveAndReturn(world, scene, step.members, done)
      break
    case 'expire token':
      await sandboxCall('PATCH', `/accounts/${scene.sandboxAccount}`, { token_expired: true })
      tally.count('settings changed in flight', 'token expired')
      break
    case 'reconnect':
      await reconnect(world, scene)
      break
    case 'cancel':
    case 'answer':
      await answerHeld(world, scene, step, tell)
      break
    case 'disturb':
      await disturb(world, scene, step)
      break
    case 'run':
      await run(world, scene, step.over, step.wait)
      break
    case 'crash':
      await crash(world, scene, step, tell)
      break
    case 'kill':
      await pause(step.afterMs)
      await world.alone(async () => {
        tally.count('killed at random', step.what)
        if (step.what === 'worker') await world.killWorker()
        else if (step.what === 'postgres') await world.crashPostgres()
        else if (step.what === 'hanging worker') await world.hangWorker()
        else tally.count('attempts thought dead that were not', 'attempts', await world.failAttempts())
      })
      break
    case 'terminate':
      await terminate(world, scene, step.what)
      break
    case 'judge':
      return settleAndJudge(world, scene, tell)
  }
  return []
}

async function move(
  world: World,
  scene: Scene,
  members: 'keep' | 'remove',
  done: (reply: Awaited<ReturnType<World['api']>>) => boolean,
): Promise<void> {
  const before = await currentList(world, scene)
  const name = `List ${scene.table} ${scene.lists.length}`
  const reply = await world.api('PATCH', `/v1/syncs/${scene.syncId}`, { list: { create: { name } }, members })
  if (!done(reply)) return
  if (members === 'remove') scene.emptied.push(before)
  else {
    // who was kept there stays for good, also where an earlier move had emptied it
    const at = scene.emptied.indexOf(before)
    if (at >= 0) scene.emptied.splice(at, 1)
  }
  const lists: { lists: { id: string; name: string }[] } = await world.sandboxCall('GET', '/meta/lists')
  for (const list of lists.lists) if (list.name === name && !scene.lists.includes(list.id)) scene.lists.push(list.id)
}

async function archiveAndReturn(
  world: World,
  scene: Scene,
  members: 'keep' | 'remove',
  done: (reply: Awaited<ReturnType<World['api']>>) => boolean,
): Promise<void> {
  const path = `/v1/audiences/${scene.audienceId}`
  if (!done(await world.api('POST', `${path}/archive`, { members }))) return
  await calm(world, scene)
  const ended = await within(patience.inAllMs, async () => {
    await world.housekeep()
    await pause(500)
    return (await world.api('GET', path)).body.status === 'archived'
  })
  if (!ended) throw new Stuck('the audience is not archived although nothing stands in its way')
  const list = await currentList(world, scene)
  if (members === 'remove' && (await heldCount(world, list)) > 0)
    throw new Stuck('the audience is archived and its list holds people that were to be removed')
  done(await world.api('POST', `${path}/activate`))
}

async function heldCount(world: World, listId: string): Promise<number> {
  return (await world.sandboxCall('GET', `/meta/lists/${listId}?limit=1`)).count
}

async function reconnect(world: World, scene: Scene): Promise<void> {
  await world.sandboxCall('PATCH', `/accounts/${scene.sandboxAccount}`, { token_expired: false })
  const path = `/v1/destinations/${scene.destinationId}`
  const { body } = await world.api('GET', path)
  if (body.status === 'connected') return
  await steadily(() => world.must('PATCH', path, { credentials: { accessToken: scene.token } }))
  world.tally.count('settings changed in flight', 'reconnected')
}

async function answerHeld(
  world: World,
  scene: Scene,
  step: Extract<Step, { do: 'answer' }> | Extract<Step, { do: 'cancel' }>,
  tell: (text: string) => void,
): Promise<void> {
  const open = await steadily(
    () => world.sql<{ id: string; status: string; held: number }[]>`
      select id, status, (counts ->> 'held')::int as held from delivery
      where sync_id = ${scene.syncId} and status in ('planned', 'hashing', 'uploading', 'held')`,
  )
  const [delivery] = open
  if (step.do === 'cancel') {
    if (!delivery) return
    const reply = await world.api('POST', `/v1/deliveries/${delivery.id}/cancel`)
    world.tally.count('deliveries', reply.status < 300 ? 'cancelled by a person' : 'cancel came too late')
    return
  }
  if (delivery?.status !== 'held') return
  const leaves = step.how === 'approve another number' ? delivery.held + 1 : delivery.held
  tell(`${delivery.held} are held by ${delivery.id}`)
  world.tally.count('held deliveries', `${step.how} by ${step.over}`)
  const handle = world.temporal.workflow.getHandle(`sync-${scene.syncId}`)
  const [action, body, args] =
    step.how === 'discard' ? (['discard', undefined, []] as const) : (['approve', { leaves }, [leaves]] as const)
  if (step.over === 'api') await world.api('POST', `/v1/deliveries/${delivery.id}/${action}`, body)
  else await handle.signal(action, ...args).catch(() => tell('there was no workflow to signal'))
}

async function disturb(world: World, scene: Scene, { disturbances }: Extract<Step, { do: 'disturb' }>): Promise<void> {
  const list = await currentList(world, scene)
  for (const { fault, times, after, operation, ms } of disturbances) {
    const { id } = await world.sandboxCall('POST', '/faults', {
      platform: 'meta',
      fault,
      times,
      after,
      match: { path: `/${list}/`, ...(operation && { operation }) },
      ...(ms !== undefined && { ms }),
    })
    scene.faults.set(id, { fault, fired: 0 })
  }
}

/** Takes the faults away, and counts how often each really fired. */
async function endFaults(world: World, scene: Scene): Promise<void> {
  if (scene.faults.size === 0) return
  const { faults }: { faults: { id: string; fault: string; fired: number }[] } = await world.sandboxCall(
    'GET',
    '/faults',
  )
  for (const { id, fault, fired } of faults) {
    if (!scene.faults.has(id)) continue
    world.tally.count('faults of the platform', fault, fired)
    if (fault === 'reject_rows' && fired > 0) scene.dropped = true
    await world.sandboxCall('DELETE', `/faults/${id}`)
  }
  scene.faults.clear()
}

async function run(world: World, scene: Scene, over: 'api' | 'signal', wait: Wait): Promise<void> {
  const list = await currentList(world, scene)
  scene.seen = (await requestsOf(world, [list], scene.seen)).last
  await wantRun(world, scene, over)
  if (wait === 'for a request')
    await within(1_500, async () => (await requestsOf(world, [list], scene.seen)).requests.length > 0)
  else if (wait === 'for the run') await within(6_000, () => runsEnded(world, scene))
  else if (wait === 'for rest') await within(10_000, async () => (await restless(world, scene)).length === 0)
}

async function wantRun(world: World, scene: Scene, over: 'api' | 'signal'): Promise<void> {
  world.tally.count('runs', `asked for by ${over}`)
  if (over === 'api') await world.api('POST', `/v1/audiences/${scene.audienceId}/instant-sync`)
  else
    await world.temporal.workflow
      .getHandle(`audience-${scene.audienceId}`)
      .signal('instantSync')
      .catch(() => {}) // its workflow was terminated
}

async function crash(
  world: World,
  scene: Scene,
  { point, kill }: Extract<Step, { do: 'crash' }>,
  tell: (text: string) => void,
): Promise<void> {
  await world.alone(async () => {
    await within(4_000, () => runsEnded(world, scene))
    const frozen = await steadily(() => freeze(world, scene, point))
    try {
      await wantRun(world, scene, 'api')
      const reached = await frozen.reached(6_000)
      tell(reached ? `stands ${point}` : `nobody came by ${point}`)
      world.tally.count('crash points', `${reached ? '' : 'not reached: '}${point}, ${kill}`)
      if (kill === 'postgres' && reached) await world.crashPostgres()
      else if (reached) {
        await world.deployment.killWorker()
        await frozen.release()
        await world.failAttempts()
        await world.deployment.startWorker()
      }
    } finally {
      await frozen.release()
    }
  })
}

async function terminate(world: World, scene: Scene, what: 'audience' | 'sync' | 'settle'): Promise<void> {
  if (what === 'audience') return world.terminate(`audience-${scene.audienceId}`)
  if (what === 'sync') return world.terminate(`sync-${scene.syncId}`)
  const open = await steadily(
    () => world.sql<{ id: string }[]>`select id from delivery where sync_id = ${scene.syncId} and settled_at is null`,
  )
  for (const { id } of open) await world.terminate(`settle-${id}`)
}

class Stuck extends Error {}

/** Nothing stands in the way any more: no fault, no brake, nobody has switched anything off. */
async function calm(world: World, scene: Scene): Promise<void> {
  await endFaults(world, scene)
  await reconnect(world, scene)
  const { must } = world
  const audience = await must('PATCH', `/v1/audiences/${scene.audienceId}`, {
    brake: { percent: 100, minimum: 1_000_000 },
  })
  if (audience.paused) await must('POST', `/v1/audiences/${scene.audienceId}/resume`)
  const sync = await must('GET', `/v1/syncs/${scene.syncId}`)
  if (!sync.enabled) await world.api('PATCH', `/v1/syncs/${scene.syncId}`, { enabled: true })
}

async function settleAndJudge(world: World, scene: Scene, tell: (text: string) => void): Promise<Divergence[]> {
  try {
    await calm(world, scene)
    await rest(world, scene)
    const taken = await missed(world, scene)
    if (taken.length > 0) return taken
    // a list that was being emptied could not be switched on before
    await calm(world, scene)
    await rest(world, scene)
    const wish = scene.dropped ? 'resync' : 'retry-rejected'
    await steadily(() => world.must('POST', `/v1/syncs/${scene.syncId}/${wish}`))
    tell(`${wish}, and rest`)
    scene.dropped = false
    await rest(world, scene)
  } catch (error) {
    if (!(error instanceof Stuck)) throw error
    return [{ what: error.message }]
  }
  world.tally.count('comparisons', scene.keeping)
  scene.steady = new Map(rowsOf(scene))
  return judge(world, scene)
}

/** How long nothing may change, and how long changes may lead nowhere. A busy machine is slow, but it goes on. */
const patience = { stillMs: 90_000, inAllMs: 600_000 }

/** Waits until nothing is going on. What is held is approved: a person has seen that all is well. */
async function rest(world: World, scene: Scene): Promise<void> {
  const began = performance.now()
  let [lookedAt, changedAt, last] = [began, began, '']
  for (;;) {
    await approveHeld(world, scene)
    const goingOn = await restless(world, scene)
    if (goingOn.length === 0) return
    const now = performance.now()
    if (goingOn.join() !== last) [changedAt, last] = [now, goingOn.join()]
    if (now - changedAt > patience.stillMs || now - began > patience.inAllMs)
      throw new Stuck(`does not come to rest: ${goingOn.join('; ')}`)
    if (now - lookedAt > 4_000) {
      lookedAt = now
      await world.housekeep()
    }
    await pause(60)
  }
}

async function approveHeld(world: World, scene: Scene): Promise<void> {
  const held = await steadily(
    () => world.sql<{ id: string; held: number }[]>`
      select id, (counts ->> 'held')::int as held from delivery where sync_id = ${scene.syncId} and status = 'held'`,
  )
  for (const { id, held: leaves } of held) {
    await world.api('POST', `/v1/deliveries/${id}/approve`, { leaves })
    world.tally.count('held deliveries', 'approve at the end')
  }
}

/** What is still going on. */
async function restless(world: World, scene: Scene): Promise<string[]> {
  return steadily(async () => {
    const rows = await world.sql<{ what: string }[]>`
      select 'run ' || status || ' ' || id as what from run
        where audience_id = ${scene.audienceId} and (status in ('requested', 'running') or settled_at is null)
      union all select 'delivery ' || status || ' ' || id || ' hashed to ' || hashed_to from delivery
        where sync_id = ${scene.syncId} and (settled_at is null or status in ('planned', 'hashing', 'uploading', 'held'))
      union all select 'batch ' || state || ' ' || id from batch where sync_no = ${scene.syncNo} and final_at is null
      union all select 'the list is being emptied' from sync where id = ${scene.syncId} and intent = 'empty'`
    return rows.map(({ what }) => what)
  })
}

async function runsEnded(world: World, scene: Scene): Promise<boolean> {
  const rows = await steadily(
    () => world.sql`select from run where audience_id = ${scene.audienceId} and status in ('requested', 'running')`,
  )
  return rows.length === 0
}

export type SandboxRequest = {
  seq: number
  time: string
  method: string
  path: string
  operation: string | null
  status: number | null
  worked: boolean
  fault: string | null
  received: number | null
  session_id: string | null
}

/** Requests that named one of these lists, after one of the log. */
export async function requestsOf(
  world: World,
  lists: readonly string[],
  after = 0,
): Promise<{ requests: SandboxRequest[]; last: number }> {
  const found: SandboxRequest[] = []
  for (let last = after; ; ) {
    const page: { requests: SandboxRequest[]; next: unknown } = await world.sandboxCall(
      'GET',
      `/requests?platform=meta&limit=10000&after=${last}`,
    )
    found.push(...page.requests.filter(({ path }) => lists.some((list) => path.includes(`/${list}/`))))
    last = page.requests.at(-1)?.seq ?? last
    if (page.requests.length < 10_000) return { requests: found, last }
  }
}

async function within(ms: number, look: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + ms
  for (;;) {
    if (await look()) return true
    if (performance.now() > deadline) return false
    await pause(60)
  }
}
