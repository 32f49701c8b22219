import { parseArgs } from 'node:util'

/** The rows of the table, in the order in which they are measured. */
export const rowNames = ['body', 'first', 'refresh', 'change', 'model'] as const
export type RowName = (typeof rowNames)[number]

export type Options = {
  readonly members: number
  /** How often each row is measured; the median is told. */
  readonly rounds: number
  readonly only: ReadonlySet<RowName>
  /** Folder for a CPU profile of the worker. */
  readonly profile: string | undefined
}

const usage = `npm run bench -- [--members N] [--rounds N] [--only ${rowNames.join(',')}] [--profile FOLDER]`

/** Throws a sentence for what cannot be read. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      members: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', default: rowNames.join(',') },
      profile: { type: 'string' },
    },
  })
  const asked = values.only.split(',').map((name) => name.trim())
  const only = new Set(rowNames.filter((name) => asked.includes(name)))
  const unknown = asked.filter((name) => !rowNames.some((known) => known === name))
  if (unknown.length > 0) throw new Error(`There is no row "${unknown.join(', ')}".\n${usage}`)
  return {
    members: count('members', values.members, 1_000),
    rounds: count('rounds', values.rounds, 1),
    only,
    profile: values.profile,
  }
}

function count(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least) return value
  throw new Error(`--${name} is a whole number from ${least} on.\n${usage}`)
}
