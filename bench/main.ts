import { type Audience, createAudience, deliveryOf, heldOf, refresh, removeAudience, settled } from './audience.ts'
import { compareBodies, type Rows } from './bodies.ts'
import { memoryOf, resetPeak } from './cost.ts'
import { type Deployment, startDeployment } from './deployment.ts'
import { measure, median, timed } from './fair.ts'
import { openFloor } from './floor.ts'
import { openModel } from './model.ts'
import { type Options, readOptions } from './options.ts'
import { changePeople, fields, makePeople } from './people.ts'
import { platformRows } from './platforms.ts'
import { circumstances, machineFacts, many, printTable, type Row, row, seconds, shown, timesFloor } from './report.ts'

async function bench(at: Deployment, { members, rounds, only }: Options): Promise<Row[]> {
  const rows: Row[] = []
  const say = (line: string) => console.error(`bench: ${line}`)
  let rowsNow = members
  say(`making ${many(members)} people`)
  await makePeople(at.people, members)
  const floor = openFloor(at.peopleUrl, () => rowsNow)
  await floor.read()

  const idle = await settledMemory(at.workerPid)
  const peaks: Record<string, number> = {}
  const watched = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    resetPeak(at.workerPid)
    const result = await work()
    peaks[name] = Math.max(peaks[name] ?? 0, memoryOf(at.workerPid).peak)
    return result
  }

  if (only.has('body')) {
    say('bodies, two ways')
    const batches = await readBatches(at.people)
    rows.push(bodyRow(batches, rounds))
    say('bodies of every platform')
    rows.push(...platformRows(batches, rounds))
    if (only.size === 1) {
      await floor.end()
      return rows
    }
  }

  say('first sync')
  let audience: Audience | undefined
  const firstRounds = only.has('first') ? Math.min(rounds, members > 2_000_000 ? 1 : 3) : 1
  const firsts = await measure(
    at.roots,
    firstRounds,
    floor.read,
    async () => {
      const target = audience
      if (!target) throw new Error('There is no audience to sync.')
      return watched('first sync', () => refresh(at, target))
    },
    async (round) => {
      if (audience) await removeAudience(at, audience)
      audience = await createAudience(at, `Everybody ${round}`)
    },
  )
  if (!audience) throw new Error('There is no audience to sync.')
  const target = audience
  await settled(at)
  await expectHeld(at, target, members)
  if (only.has('first')) {
    rows.push(
      row('first sync of everybody', timesFloor(firsts), { must: 45, aim: 20, unit: '× floor' }, circumstances(firsts)),
    )
  }

  let noChangeMs = Number.NaN
  if (only.has('refresh') || only.has('model')) {
    say('refresh where nothing changed')
    await refresh(at, target) // warm
    const quiet = await measure(at.roots, rounds, floor.read, () => watched('refresh', () => refresh(at, target)))
    for (const { result } of quiet)
      if (await deliveryOf(at, result.runId)) throw new Error('A refresh without a change planned a delivery.')
    noChangeMs = median(quiet.map(({ result }) => result.ms))
    const share = median(quiet.map(({ result }) => result.roundTripsMs / result.ms)) * 100
    rows.push(
      row(
        'refresh, nothing changed',
        timesFloor(quiet),
        { must: 6, aim: 2.5, unit: '× floor' },
        `${circumstances(quiet)} · Temporal's round trips ${shown(share)} % (${seconds(median(quiet.map(({ result }) => result.roundTripsMs)))})`,
      ),
    )
  }

  if (only.has('change')) {
    say('one percent changed')
    let expected = { joined: 0, left: 0, updated: 0 }
    const changed = await measure(
      at.roots,
      rounds,
      floor.read,
      async () => {
        const done = await watched('one percent', () => refresh(at, target))
        const counts = await deliveryOf(at, done.runId)
        for (const [name, count] of Object.entries(expected))
          if (counts?.[name] !== count) throw new Error(`${name}: ${counts?.[name]} were sent, ${count} had changed.`)
        return done
      },
      async (round) => {
        await settled(at)
        expected = await changePeople(at.people, round)
        rowsNow += expected.joined - expected.left
      },
    )
    await settled(at)
    await expectHeld(at, target, rowsNow)
    rows.push(
      row(
        '1 % joined, left or changed',
        timesFloor(changed),
        { must: 7, aim: 3, unit: '× floor' },
        circumstances(changed),
      ),
    )
  }

  if (only.has('model')) {
    say('row at a time')
    const model = await openModel(at.productUrl)
    const times: number[] = []
    const ours: number[] = []
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      times.push((await timed(at.roots, () => model.run(rowsNow))).result)
      ours.push((await refresh(at, target)).ms)
    }
    await model.end()
    rows.push(
      row(
        'row at a time against ours',
        median(times.map((time, round) => time / (ours[round] ?? Number.NaN))),
        { must: 100, aim: 250, unit: '×', more: true },
        `${seconds(median(times))} for ${many(rowsNow)}, scaled from 20,000, against ${seconds(median([...ours, noChangeMs]))}`,
      ),
    )
  }

  await floor.end()
  const peak = Math.max(...Object.values(peaks))
  rows.push(
    row(
      'peak memory of the worker above idle',
      peak - idle,
      { must: 150, aim: 80, unit: 'MiB' },
      Object.entries(peaks)
        .map(([name, value]) => `${name} ${shown(value - idle)} MiB`)
        .join(', '),
    ),
    row(
      'idle worker',
      idle,
      { must: 250, aim: 200, unit: 'MiB' },
      'resident, workflows bundled before by another process',
    ),
  )
  return rows
}

function bodyRow(batches: readonly Rows[], rounds: number): Row {
  compareBodies(batches.slice(0, 4)) // warm
  const rates = Array.from({ length: rounds }, () => compareBodies(batches))
  return row(
    'normalise + hash + body against the plain way',
    median(rates.map(({ ratio }) => ratio)),
    { must: 2.5, aim: 6, unit: '×', more: true },
    `${many(median(rates.map(({ ours }) => ours)))} rows/s against ${many(median(rates.map(({ plain }) => plain)))}, one thread, the same bytes`,
  )
}

/** Some batches of ten thousand rows as the source sends them. */
async function readBatches(people: Deployment['people']): Promise<Rows[]> {
  const stream = await people
    .unsafe(`copy (select ${fields.join(', ')} from people order by n limit 200000) to stdout`)
    .readable()
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  stream._read(0)
  const text = Buffer.concat(parts)
  const rows: Buffer[] = []
  for (let from = 0, end = text.indexOf('\n'); end >= 0; from = end + 1, end = text.indexOf('\n', from))
    rows.push(text.subarray(from, end))
  const batches: Rows[] = []
  for (let from = 0; from < rows.length; from += 10_000) batches.push(rows.slice(from, from + 10_000))
  return batches
}

async function expectHeld(at: Deployment, audience: Audience, members: number): Promise<void> {
  const held = await heldOf(at, audience)
  if (held !== members) throw new Error(`The ledger holds ${held} of ${members} members: something was lost.`)
}

/** Resident memory once the worker has started and polls. */
async function settledMemory(pid: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  return memoryOf(pid).now
}

function readOptionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(2)
  }
}

const options = readOptionsOrExit()
const deployment = await startDeployment(options.profile)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void deployment.stop().then(() => process.exit(130)))
try {
  const rows = await bench(deployment, options)
  console.log(`\n${many(options.members)} members, ${new Date().toISOString().slice(0, 10)}`)
  console.log(`${await machineFacts(deployment.sql)}\n`)
  printTable(rows)
  if (rows.some(({ verdict }) => verdict === 'MISSED')) process.exitCode = 1
} finally {
  await deployment.stop()
}
