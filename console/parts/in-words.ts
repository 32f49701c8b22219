const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** A distance from now: "in 5 min", "3 h ago", "now". */
export function inWords(ms: number): string {
  const size = Math.abs(ms)
  const found = units.find(([, unit]) => size >= unit)
  if (!found || size < 2_000) return 'now'
  const amount = `${Math.floor(size / found[1])} ${found[0]}`
  return ms > 0 ? `in ${amount}` : `${amount} ago`
}

/** How long something took: "850 ms", "12.4 s", "3 min". */
export function lasting(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`
  return ms < 3_600_000
    ? `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
    : `${(ms / 3_600_000).toFixed(1)} h`
}
