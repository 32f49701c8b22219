const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const inOrder = ['d', 'h', 'm', 's'] as const

/** The longest refresh interval: a year and a day. */
export const longestMs = 366 * units.d

/** Milliseconds of "30s", "15m", "6h" or "1d"; undefined for anything else. */
export function parseInterval(text: string): number | undefined {
  const [, amount, unit] = /^([1-9]\d{0,6})\s*([smhd])$/.exec(text.trim()) ?? []
  const size = inOrder.find((each) => each === unit)
  return amount === undefined || size === undefined ? undefined : Number(amount) * units[size]
}

/** The shortest way to write an interval: 5400000 is "90m", 86400000 is "1d". */
export function formatInterval(ms: number): string {
  const unit = inOrder.find((each) => ms % units[each] === 0)
  return unit ? `${ms / units[unit]}${unit}` : `${Math.round(ms / units.s)}s`
}
