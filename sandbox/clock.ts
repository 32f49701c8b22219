/** A platform's clock: real time plus what it was turned forward. `now` and `advance` are in milliseconds. */
export interface Clock {
  now(): number
  advance(ms: number): void
  ahead(): number
}

/** A clock that is so many milliseconds ahead already. */
export function startClock(ahead = 0): Clock {
  return {
    now: () => Date.now() + ahead,
    advance: (ms) => {
      ahead += ms
    },
    ahead: () => ahead,
  }
}

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of `30m`, `1h30m`, `90s`, `2d`, `500ms`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) total += Number(amount) * (units[unit ?? ''] ?? 0)
  return Number.isSafeInteger(total) ? total : undefined
}
