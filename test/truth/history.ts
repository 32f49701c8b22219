import { crashPoints } from '../support/crash-points.ts'
import {
  brokenEmail,
  type Country,
  countries,
  type Fields,
  inventPerson,
  type Mapping,
  mappings,
  type Person,
  rewritten,
  writtenEmail,
} from './people.ts'
import { type Random, seeded } from './random.ts'

/** What a sandbox does to requests of one list. */
export type Disturbance = {
  readonly fault: string
  readonly times: number
  readonly after: number
  readonly operation?: 'add_users' | 'remove_users' | 'read_sessions'
  readonly ms?: number
}

export type Wait = 'not at all' | 'for a request' | 'for the run' | 'for rest'
/** A crowd is so large that it needs several batches; all its addresses change with its version. */
export type Crowd = { readonly size: number; readonly version: number }

/** One thing that happens. Everything that chance decides was decided when the history was made. */
export type Step =
  | { readonly do: 'people'; readonly people: readonly Person[]; readonly crowd: Crowd }
  | { readonly do: 'mapping'; readonly mapping: Mapping }
  | { readonly do: 'country'; readonly country: Country }
  | { readonly do: 'keeping'; readonly keeping: 'mirror' | 'add_only' }
  | { readonly do: 'enabled'; readonly enabled: boolean }
  | { readonly do: 'pause' | 'resume' | 'resync' | 'retry rejected' | 'expire token' | 'reconnect' }
  | { readonly do: 'cancel' }
  | { readonly do: 'move'; readonly members: 'keep' | 'remove' }
  | { readonly do: 'archive and return'; readonly members: 'keep' | 'remove' }
  | { readonly do: 'brake'; readonly percent: number; readonly minimum: number }
  | {
      readonly do: 'answer'
      readonly how: 'approve' | 'approve another number' | 'discard'
      readonly over: 'api' | 'signal'
    }
  | { readonly do: 'disturb'; readonly disturbances: readonly Disturbance[] }
  | { readonly do: 'run'; readonly over: 'api' | 'signal'; readonly wait: Wait }
  | { readonly do: 'crash'; readonly point: (typeof crashPoints)[number]; readonly kill: 'worker' | 'postgres' }
  | {
      readonly do: 'kill'
      readonly what: 'worker' | 'postgres' | 'hanging worker' | 'attempts'
      readonly afterMs: number
    }
  | { readonly do: 'terminate'; readonly what: 'audience' | 'sync' | 'settle' }
  /** Faults stop, the dust settles, and everything is compared. */
  | { readonly do: 'judge' }

export type History = { readonly name: string; readonly steps: readonly Step[] }

type Draft = {
  readonly random: Random
  readonly people: Map<string, Fields>
  /** Who was here once, with what they had: they may come back as they were. */
  readonly gone: Map<string, Fields>
  crowd: Crowd
  readonly steps: Step[]
}

/** Makes a history of its own for each seed and number. */
/** `aim`, such as "before the diff, postgres": processes are killed there, and often. */
export function makeHistory(seed: string, number: number, aim?: string): History {
  const random = seeded(`${seed} ${number}`)
  const size = random.chance(0.1) ? 10_050 : 0
  const draft: Draft = { random, people: new Map(), gone: new Map(), crowd: { size, version: 1 }, steps: [] }
  for (let i = 3 + random.below(10); i > 0; i--) join(draft)
  tell(draft)
  draft.steps.push({ do: 'run', over: 'api', wait: 'for the run' })
  const chapters = 2 + random.below(2)
  for (let chapter = 0; chapter < chapters; chapter++) {
    for (let round = 2 + random.below(3); round > 0; round--) makeRound(draft, aim)
    draft.steps.push({ do: 'judge' })
  }
  return { name: `${seed}/${number}`, steps: draft.steps }
}

function makeRound(draft: Draft, aim: string | undefined): void {
  const { random, steps } = draft
  if (random.chance(0.45)) steps.push(disturbances(random))
  if (random.chance(0.3)) steps.push(setting(random))
  for (let i = random.below(6); i >= 0; i--) random.weighted(peopleActs)(draft)
  if (draft.crowd.size > 0 && random.chance(0.3))
    draft.crowd = { size: draft.crowd.size, version: draft.crowd.version + 1 }
  if (random.chance(aim === undefined ? 0.08 : 0.5)) {
    // something for each phase, so that somebody comes by
    join(draft, `${random.below(40)}new@example.test`)
    leave(draft)
    tell(draft)
    steps.push({
      do: 'crash',
      point: crashPoints.find((point) => aim?.startsWith(point)) ?? random.pick(crashPoints),
      kill: aim?.endsWith('postgres') || random.chance(0.25) ? 'postgres' : 'worker',
    })
    return
  }
  tell(draft)
  steps.push({
    do: 'run',
    over: random.chance(0.8) ? 'api' : 'signal',
    wait: random.weighted([
      [2, 'not at all'],
      [3, 'for a request'],
      [4, 'for the run'],
      [2, 'for rest'],
    ]),
  })
  if (random.chance(0.08)) steps.push(kill(random))
  if (random.chance(0.06)) steps.push({ do: 'terminate', what: random.pick(['audience', 'sync', 'sync', 'settle']) })
  if (random.chance(0.25))
    steps.push({
      do: 'answer',
      how: random.weighted([
        [4, 'approve'],
        [1, 'approve another number'],
        [2, 'discard'],
      ]),
      over: random.chance(0.8) ? 'api' : 'signal',
    })
  if (random.chance(0.06)) steps.push({ do: 'cancel' })
}

const tell = ({ people, crowd, steps }: Draft) =>
  steps.push({ do: 'people', people: [...people].map(([id, fields]) => ({ id, ...fields })), crowd })

const kill = (random: Random): Step => ({
  do: 'kill',
  what: random.weighted([
    [4, 'worker'],
    [1, 'postgres'],
    [2, 'hanging worker'],
    [4, 'attempts'],
  ]),
  afterMs: random.below(600),
})

function setting(random: Random): Step {
  return random.weighted<() => Step>([
    [4, () => ({ do: 'mapping', mapping: random.pick(mappings) })],
    [3, () => ({ do: 'country', country: random.pick(countries) })],
    [3, () => ({ do: 'keeping', keeping: random.pick(['mirror', 'add_only']) })],
    [3, () => ({ do: 'enabled', enabled: random.chance(0.5) })],
    [1, () => ({ do: 'pause' })],
    [1, () => ({ do: 'resume' })],
    [2, () => ({ do: 'resync' })],
    [1, () => ({ do: 'retry rejected' })],
    [2, () => ({ do: 'expire token' })],
    [2, () => ({ do: 'reconnect' })],
    [3, () => ({ do: 'move', members: random.pick(['keep', 'remove']) })],
    [1, () => ({ do: 'archive and return', members: random.pick(['keep', 'remove']) })],
    [4, () => ({ do: 'brake', percent: random.pick([0, 10, 30]), minimum: random.below(4) })],
  ])()
}

function disturbances(random: Random): Step {
  const one = (): Disturbance => {
    const fault = random.weighted([
      [3, 'throttled'],
      [3, 'server_error'],
      [1, 'html_error'],
      [2, 'drop_before'],
      [4, 'drop_after'],
      [3, 'drop_after_slow'],
      [3, 'slow'],
      [1, 'timeout'],
      [3, 'bad_request'],
      [1, 'reject_rows'],
      [1, 'expired_token'],
      [1, 'list_flagged'],
    ])
    const operation = random.weighted([
      [4, 'add_users' as const],
      [4, 'remove_users' as const],
      [1, 'read_sessions' as const],
      [2, undefined],
    ])
    return {
      fault,
      times: 1 + random.below(fault === 'bad_request' ? 6 : 3),
      after: random.chance(0.7) ? 0 : random.below(3),
      ...(operation && { operation }),
      ...(['slow', 'drop_after_slow', 'timeout'].includes(fault) && { ms: 200 + random.below(2_000) }),
    }
  }
  return { do: 'disturb', disturbances: Array.from({ length: 1 + random.below(2) }, one) }
}

type Act = (draft: Draft) => void

function join({ random, people, gone }: Draft, email?: string): void {
  const id = `m${random.below(30)}`
  if (people.has(id)) return
  // some come back as they were
  const fields = (random.chance(0.5) && gone.get(id)) || inventPerson(random)
  people.set(id, { ...fields, ...(email !== undefined && { email }) })
}

const someone = ({ random, people }: Draft) => (people.size > 0 ? random.pick([...people]) : undefined)

const change =
  (how: (draft: Draft, fields: Fields) => Fields): Act =>
  (draft) => {
    const found = someone(draft)
    if (found) draft.people.set(found[0], how(draft, found[1]))
  }

function leave(draft: Draft): void {
  const found = someone(draft)
  if (!found) return
  draft.people.delete(found[0])
  draft.gone.set(...found)
}

/** Two members have one another's identifiers from now on. */
function swap(draft: Draft): void {
  const one = someone(draft)
  const other = someone(draft)
  if (!one || !other || one[0] === other[0]) return
  draft.people.set(one[0], other[1])
  draft.people.set(other[0], one[1])
}

/** One member's e-mail and phone go to another, and the first has none, others, or leaves. */
function handOver(draft: Draft): void {
  const from = someone(draft)
  const to = someone(draft)
  if (!from || !to || from[0] === to[0]) return
  const { email, phone } = from[1]
  const both = draft.random.chance(0.5)
  draft.people.set(to[0], { ...to[1], email, ...(both && { phone }) })
  draft.random.weighted<() => void>([
    [1, () => void draft.people.delete(from[0])],
    [1, () => void draft.people.set(from[0], { ...from[1], email: null, ...(both && { phone: null }) })],
    [1, () => void draft.people.set(from[0], inventPerson(draft.random))],
  ])()
}

/** The same people under new ids. */
function renumber(draft: Draft): void {
  const found = someone(draft)
  if (!found) return
  const id = `m${draft.random.below(30)}`
  if (draft.people.has(id)) return
  draft.people.delete(found[0])
  draft.people.set(id, found[1])
}

function everybodyLeaves(draft: Draft): void {
  for (const entry of draft.people) draft.gone.set(...entry)
  draft.people.clear()
  draft.crowd = { ...draft.crowd, size: 0 }
}

function manyLeave(draft: Draft): void {
  for (const entry of [...draft.people]) {
    if (!draft.random.chance(0.6)) continue
    draft.people.delete(entry[0])
    draft.gone.set(...entry)
  }
}

function manyReturn(draft: Draft): void {
  for (const [id, fields] of draft.gone)
    if (!draft.people.has(id) && draft.random.chance(0.7)) draft.people.set(id, fields)
}

const peopleActs: readonly (readonly [number, Act])[] = [
  [8, (draft) => join(draft)],
  [7, leave],
  [4, change(({ random }, fields) => ({ ...fields, email: writtenEmail(random, random.below(12)) }))],
  [3, change(({ random }, fields) => ({ ...fields, phone: inventPerson(random).phone }))],
  [3, change(({ random }) => inventPerson(random))],
  [2, change(({ random }, fields) => ({ ...fields, ...(fields.email && { email: rewritten(random, fields.email) }) }))],
  [
    2,
    change(({ random }, fields) => ({
      ...fields,
      email: brokenEmail(random),
      phone: random.chance(0.6) ? null : fields.phone,
    })),
  ],
  [1, change((_, fields) => ({ ...fields, email: null }))],
  [
    2,
    change(({ random }, fields) => ({
      ...fields,
      ldu: random.pick(['yes', 'no', null]),
      first_name: random.pick(['Anna', 'BEN', null]),
    })),
  ],
  [4, swap],
  [4, handOver],
  [2, renumber],
  [1, manyLeave],
  [2, manyReturn],
  [0.5, everybodyLeaves],
]
