import type { Runner, Sql } from '../connect.ts'
import { partNames } from './ledger-table.ts'
import { planTable } from './stage.ts'

/** What a planned row is for. The numbers are stored in plans only. */
export const kinds = { join: 1, again: 2, update: 3, leave: 4, forget: 5, waiting: 6 } as const

/** Everything that decides what becomes of a member, apart from stage and ledger. */
export type DiffRule = {
  readonly syncNo: number
  readonly ledgerParts: number
  /** Null when everybody is to be removed: then only the ledger is read. */
  readonly stage: { readonly no: number; readonly parts: number; readonly set: number } | null
  /** Enters every fingerprint: the mapping and the version of its normalisers. */
  readonly salt: bigint
  /** Batches whose members are sent again: their outcome is not known, or the platform would soon forget them. */
  readonly again: readonly number[]
  /** Batches whose receipt is not final, where a change of direction has to wait for it. */
  readonly waiting: readonly number[]
  readonly addOnly: boolean
  readonly resync: boolean
  readonly retryRejected: boolean
}

export type DiffCounts = {
  staged: number
  /** Members that the destination holds or may hold. */
  held: number
  join: number
  again: number
  update: number
  leave: number
  forget: number
  waiting: number
  /** Rows of the stage whose member key another row has too. */
  duplicates: number
  /** Of all rows that would be planned, whatever their order. */
  digest: bigint
  /** By part of the ledger the member keys that would be planned, where they are few: the plan need not search again. */
  changed: Map<string, string>
}

type Pair = { readonly stage: string | undefined; readonly ledger: string }

/** More member keys of a part than this are not remembered: then the plan is written by a full pass of its own. */
const mostRemembered = 10_000

/**
 * Two parts are compared at a time, so helpers of each would only cost their start. The memory holds the hash table of a
 * part of an audience of ten million. One snapshot, so that what is counted and what is compared of a part are the same
 * rows, whatever is settled meanwhile.
 */
const settings = `set transaction isolation level repeatable read;
  set local max_parallel_workers_per_gather = 0; set local work_mem = '64MB'`

/** Counts the differences without writing anything: a refresh that finds none costs one pass. */
export async function countDifferences(sql: Sql, rule: DiffRule): Promise<DiffCounts> {
  const total: DiffCounts = {
    staged: 0,
    held: 0,
    join: 0,
    again: 0,
    update: 0,
    leave: 0,
    forget: 0,
    waiting: 0,
    duplicates: 0,
    digest: 0n,
    changed: new Map(),
  }
  // where something changed, it mostly did in all parts: then to look whether nothing did is only a cost
  let worthALook = !rule.resync && rule.again.length === 0
  await forEachPair(sql, rule, async (tx, pair, alone) => {
    const all = await totalsOf(tx, pair, rule, worthALook)
    if (!all.inStep) worthALook = false
    else {
      total.staged += all.staged
      total.held += all.staged
      if (!alone) total.changed.set(pair.ledger, '{}')
      return
    }
    // members that are in step are counted by what they are not: only rows that differ are looked at one by one
    const [row] = await tx.unsafe<CountRow[]>(`
      select all_rows.staged, c.held + all_rows.staged - c.staged as held, c."join", c.again, c."update", c.leave, c.forget,
        c.waiting, c.digest, c.keys,
        (all_rows.staged - c.unknown) - (all_rows.known - c.absent) as duplicates
      from (select ${all.staged}::bigint as staged, ${all.known}::bigint as known) all_rows,
      (select count(*) filter (where staged) as staged,
        count(*) filter (where staged and not known) as unknown,
        count(*) filter (where known and not staged) as absent,
        count(*) filter (where held) as held,
        count(*) filter (where kind = ${kinds.join}) as "join",
        count(*) filter (where kind = ${kinds.again}) as again,
        count(*) filter (where kind = ${kinds.update}) as "update",
        count(*) filter (where kind = ${kinds.leave}) as leave,
        count(*) filter (where kind = ${kinds.forget}) as forget,
        count(*) filter (where kind = ${kinds.waiting}) as waiting,
        coalesce(bit_xor(hashtextextended(member_key::text || coalesce(fingerprint::text, ''), 0))
          filter (where kind is not null), 0)::text as digest,
        ${
          alone
            ? 'null'
            : `case when count(*) <= ${mostRemembered} then 
          coalesce(array_agg(member_key) filter (where kind < ${kinds.waiting}), '{}') end`
        }::text as keys
      from (${compared(pair, rule)}) c) c`)
    if (!row) return
    if (row.keys !== null) total.changed.set(pair.ledger, row.keys)
    for (const name of [
      'staged',
      'held',
      'join',
      'again',
      'update',
      'leave',
      'forget',
      'waiting',
      'duplicates',
    ] as const) {
      total[name] += row[name]
    }
    total.digest ^= BigInt(row.digest)
  })
  return total
}

type Totals = { staged: number; known: number; inStep: boolean }

/**
 * How many rows there are on either side, and with `look` whether the keys and fingerprints of members are the same on
 * both, by the sum of their hashes: a chance of one in 2^64 to miss a difference, as a fingerprint has, for a third of a
 * join's work.
 */
async function totalsOf(tx: Runner, { stage, ledger }: Pair, rule: DiffRule, look: boolean): Promise<Totals> {
  if (!stage || !rule.stage) {
    const [row] = await tx.unsafe<Totals[]>(
      `select 0::bigint as staged, count(*) as known, false as "inStep" from ${ledger}`,
    )
    return row ?? { staged: 0, known: 0, inStep: false }
  }
  const sum = (fingerprint: string) => (look ? `sum(uuid_hash_extended(member_key, ${fingerprint}))` : 'null')
  const [row] = await tx.unsafe<Totals[]>(`
    select s.rows as staged, l.rows as known,
      ${look} and s.rows = l.rows and l.rows = l.added and s.sum is not distinct from l.sum as "inStep"
    from (select count(*) as rows, ${sum(`f${rule.stage.set} # (${rule.salt})::bigint`)} as sum from ${stage}) s,
      (select count(*) as rows, count(*) filter (where state in ('added', 'baseline') and fingerprint is not null) as added,
        ${sum('fingerprint')} as sum from ${ledger}) l`)
  return row ?? { staged: 0, known: 0, inStep: false }
}

type CountRow = { [Name in Exclude<keyof DiffCounts, 'digest' | 'changed'>]: number } & {
  digest: string
  keys: string | null
}

/** Writes the differences to `plan_<planNo>` and returns how many there are. `changed` is what `countDifferences` found. */
export async function writePlan(
  sql: Sql,
  rule: DiffRule,
  planNo: number,
  changed: ReadonlyMap<string, string>,
): Promise<number> {
  const plan = planTable(planNo)
  await sql.unsafe(`create unlogged table ${plan} (
    ordinal bigint generated always as identity, member_key uuid not null, kind smallint not null, fingerprint bigint,
    row bytea, old_state ledger_state, old_identifiers bytea) with (autovacuum_enabled = off)`)
  let planned = 0
  await forEachPair(sql, rule, async (tx, pair) => {
    const { count } = await tx.unsafe(`
      insert into ${plan} (member_key, kind, fingerprint, row, old_state, old_identifiers)
      select member_key, kind, fingerprint, row, old_state, old_identifiers
      from (${compared(pair, rule, changed.get(pair.ledger))}) c where kind < ${kinds.waiting}`)
    planned += count
  })
  await sql.unsafe(`create index on ${plan} (ordinal)`)
  return planned
}

/** Whether the plan holds somebody twice: two rows of the source with one member id, both new. */
export async function joinsTwice(sql: Sql, planNo: number): Promise<boolean> {
  const rows = await sql.unsafe(
    `select 1 from ${planTable(planNo)} where kind = ${kinds.join} group by member_key having count(*) > 1 limit 1`,
  )
  return rows.length > 0
}

/** Both sides part by part where they are split alike, two at a time; else all at once (`alone`). */
async function forEachPair(
  sql: Sql,
  rule: DiffRule,
  work: (tx: Runner, pair: Pair, alone: boolean) => Promise<void>,
): Promise<void> {
  const ledger = partNames(`ledger_${rule.syncNo}`, rule.ledgerParts)
  const alike = !rule.stage || rule.stage.parts === rule.ledgerParts
  const stage = rule.stage && partNames(`stage_${rule.stage.no}`, rule.stage.parts)
  const pairs: Pair[] = alike
    ? ledger.map((name, part) => ({ ledger: name, stage: stage?.[part] }))
    : [{ ledger: `ledger_${rule.syncNo}`, stage: rule.stage ? `stage_${rule.stage.no}` : undefined }]
  const next = pairs.values()
  const lane = () =>
    sql.begin(async (tx) => {
      await tx.unsafe(settings)
      for (const pair of next) await work(tx, pair, !alike)
    })
  await Promise.all(pairs.slice(0, 2).map(lane))
}

/**
 * One row per member of either side, with what is to be done; members that are in step are left out. With `keys` (text of
 * a uuid[]) only those are looked at.
 */
function compared(pair: Pair, rule: DiffRule, keys?: string): string {
  const { stage } = rule
  const only = (table: string) => (keys ? `(select * from ${table} where member_key = any('${keys}'::uuid[]))` : table)
  if (!pair.stage || !stage) {
    return `select false as staged, true as known, ${isHeld} as held, l.member_key, null::bigint as fingerprint, null::bytea as row,
      l.state as old_state, l.identifiers as old_identifiers,
      case when l.state in ('unusable', 'baseline') then ${kinds.forget}
        when l.batch_id = any(${ids(rule.waiting)}) then ${kinds.waiting}
        else ${kinds.leave} end as kind
      from ${only(pair.ledger)} l`
  }
  const fingerprint = `(s.f${stage.set} # (${rule.salt})::bigint)`
  const waits = `l.batch_id = any(${ids(rule.waiting)})`
  const isSentAgain = `l.batch_id = any(${ids(rule.again)})`
  const refusedLately = `l.retry_at > now() and not ${rule.resync || rule.retryRejected}`
  return `select s.member_key is not null as staged, l.member_key is not null as known, ${isHeld} as held,
      coalesce(s.member_key, l.member_key) as member_key, ${fingerprint} as fingerprint, s.row,
      l.state as old_state, l.identifiers as old_identifiers,
      case
        when l.member_key is null then ${kinds.join}
        when s.member_key is null then case
          when l.state in ('unusable', 'baseline') then ${kinds.forget}
          when ${rule.addOnly} or l.state = 'retained' then null
          when ${waits} then ${kinds.waiting}
          when l.state = 'removing' and ${refusedLately} then null
          else ${kinds.leave} end
        when l.state = 'added' then case
          when ${isSentAgain} then ${kinds.again}
          when l.fingerprint is distinct from ${fingerprint} then case when ${waits} then ${kinds.waiting} else ${kinds.update} end
          when ${rule.resync} then ${kinds.again} end
        when l.state = 'baseline' then case
          when ${rule.resync} then ${kinds.again}
          when l.fingerprint is distinct from ${fingerprint} then ${kinds.update} end
        when l.state = 'removing' then case when ${waits} then ${kinds.waiting}
          when l.fingerprint = ${fingerprint} and ${refusedLately} then null
          else ${kinds.again} end
        when l.state = 'retained' then case when l.fingerprint is distinct from ${fingerprint}
          then case when ${isSentAgain} then ${kinds.again} else ${kinds.update} end end
        when l.fingerprint is distinct from ${fingerprint} or l.retry_at <= now() or ${rule.resync || rule.retryRejected}
          then ${kinds.join}
      end as kind
    from ${only(pair.stage)} s full join ${only(pair.ledger)} l on l.member_key = s.member_key
    where ${differs(rule, fingerprint)}`
}

/** True for all rows but those of members that are in step: nearly all, so they must not cost more than this. */
function differs(rule: DiffRule, fingerprint: string): string {
  if (rule.resync) return 'true'
  const sentAgain = rule.again.length > 0 ? ` or l.batch_id = any(${ids(rule.again)})` : ''
  return `(l.state in ('added', 'baseline') and l.fingerprint = ${fingerprint}) is not true${sentAgain}`
}

// a row that was refused may be there from before, or from an attempt whose answer was lost
const isHeld = `coalesce(l.state <> 'unusable', false)`
const ids = (numbers: readonly number[]) => `'{${numbers.join(',')}}'::bigint[]`
