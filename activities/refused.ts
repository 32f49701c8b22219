type Told = {
  readonly refused?: number | undefined
  readonly rejected?: ReadonlyMap<string, string> | undefined
  readonly reasons?: Readonly<Record<string, number>> | undefined
}

export type Refused = {
  /** Member key to reason. */
  readonly rejected: ReadonlyMap<string, string>
  /** How many more the platform counted, without a word on who they are. */
  readonly unnamed: number
}

/** Who of a batch was refused. One that only counts has named everybody where it refused as many as there were. */
export function refusedOf(told: Told, rows: number, keys: readonly string[]): Refused {
  const rejected = told.rejected ?? new Map<string, string>()
  const refused = told.refused ?? 0
  if (refused < rows) return { rejected, unnamed: Math.max(0, refused - rejected.size) }
  const reason = Object.keys(told.reasons ?? {})[0] ?? 'refused by the platform, which does not say why'
  return { rejected: new Map(keys.map((key) => [key, rejected.get(key) ?? reason])), unnamed: 0 }
}

/**
 * A removal of which some were refused, nobody knows who: nobody is taken for gone. They are all tried again when what is
 * refused is.
 */
export function allInDoubt({ unnamed }: Refused, rows: number, keys: readonly string[]): ReadonlyMap<string, string> {
  const reason = `the platform refused ${unnamed} of the ${rows} removals of this request and does not say which`
  return new Map(keys.map((key) => [key, reason]))
}
