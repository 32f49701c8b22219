import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type { Sql } from 'postgres'
import { median, type Round } from './fair.ts'

/** A row of the table: what, how it compares, what is demanded and aimed at. */
export type Row = {
  readonly what: string
  readonly figure: string
  readonly must: string
  readonly aim: string
  readonly verdict: string
  readonly detail: string
}

type Limits = { readonly must: number; readonly aim: number; readonly unit: string; readonly more?: boolean }

/** A figure against its limits; `more` where more is better. */
export function row(what: string, figure: number, { must, aim, unit, more = false }: Limits, detail: string): Row {
  const sign = more ? '≥' : '≤'
  const within = (limit: number) => (more ? figure >= limit : figure <= limit)
  return {
    what,
    figure: `${shown(figure)} ${unit}`,
    must: `${sign} ${must} ${unit}`,
    aim: `${sign} ${aim} ${unit}`,
    verdict: within(aim) ? 'aim' : within(must) ? 'ok' : 'MISSED',
    detail,
  }
}

/** How many times the floor, the median over rounds of each with its own floors. */
export const timesFloor = (rounds: readonly Round<Timed>[]) =>
  median(rounds.map(({ result, floorMs }) => result.ms / floorMs))

type Timed = { readonly ms: number }

/** Range, CPU by part and what others used: what a reader needs to judge a figure. */
export function circumstances(rounds: readonly Round<Timed>[]): string {
  const times = rounds.map(({ result }) => result.ms)
  const parts = Object.keys(rounds[0]?.spent.cpu ?? {}).filter((part) => part !== 'bench')
  const cpu = parts.map(
    (part) => `${part} ${seconds(median(rounds.map(({ spent }) => (spent.cpu[part] ?? 0) * 1000)))}`,
  )
  const floors = rounds.map(({ floorMs }) => floorMs)
  const others = rounds.map((round) => round.others)
  return [
    `${seconds(median(times))} (${seconds(Math.min(...times))} to ${seconds(Math.max(...times))})`,
    `floor ${seconds(median(floors))} (${seconds(Math.min(...floors))} to ${seconds(Math.max(...floors))})`,
    `CPU: ${cpu.join(', ')}; floor ${seconds(median(rounds.map(({ floorCpu }) => floorCpu * 1000)))}`,
    `others ${Math.min(...others).toFixed(2)} to ${Math.max(...others).toFixed(2)} cores, ${rounds.length} rounds`,
  ].join(' · ')
}

export const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
export const shown = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2))
export const many = (value: number) => Math.round(value).toLocaleString('en')

/** The table as Markdown, for the terminal and for the docs. */
export function printTable(rows: readonly Row[]): void {
  const cells = rows.map(({ what, figure, must, aim, verdict }) => [what, figure, must, aim, verdict])
  const heads = ['', 'measured', 'must', 'aim', '']
  const widths = heads.map((head, at) => Math.max(head.length, ...cells.map((cell) => cell[at]?.length ?? 0)))
  const line = (values: readonly string[]) =>
    console.log(`| ${values.map((value, at) => value.padEnd(widths[at] ?? 0)).join(' | ')} |`)
  line(heads)
  line(widths.map((width) => '-'.repeat(width)))
  for (const cell of cells) line(cell)
  console.log()
  for (const { what, detail } of rows) console.log(`- ${what}: ${detail}`)
}

const settingNames = 'server_version shared_buffers work_mem max_wal_size fsync synchronous_commit jit'.split(' ')

/** The facts of the machine and of the servers, without which no figure means anything. */
export async function machineFacts(sql: Sql): Promise<string> {
  const settings = await sql<{ name: string; value: string }[]>`
    select name, current_setting(name) as value from unnest(${settingNames}::text[]) name`
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()
  return [
    `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 1024 ** 3).toFixed(0)} GiB, Linux ${kernel}, Node ${process.versions.node}`,
    `PostgreSQL: ${settings.map(({ name, value }) => `${name} ${value}`).join(', ')}`,
  ].join('\n')
}
