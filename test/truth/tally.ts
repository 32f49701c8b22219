/** What was really exercised, and how often: a fault that never fired proves nothing. */
export type Tally = {
  count(group: string, what: string, times?: number): void
  /** One line per group, and what was never seen although it was asked for. */
  table(): string
  get(group: string, what: string): number
}

export function startTally(): Tally {
  const groups = new Map<string, Map<string, number>>()
  return {
    count(group, what, times = 1) {
      const counts = groups.get(group) ?? new Map<string, number>()
      groups.set(group, counts)
      counts.set(what, (counts.get(what) ?? 0) + times)
    },
    get: (group, what) => groups.get(group)?.get(what) ?? 0,
    table: () =>
      [...groups]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([group, counts]) => [
          group,
          ...[...counts]
            .sort(([, a], [, b]) => b - a)
            .map(([what, times]) => `  ${String(times).padStart(6)}  ${what}`),
        ])
        .join('\n'),
  }
}
