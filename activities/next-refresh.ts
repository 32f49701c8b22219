/**
 * The next refresh after `now` (ms since the epoch) of an audience: a stable phase of its own within the interval, so
 * that restarts and signals do not make it drift, nor many audiences fall together.
 */
export function nextRefreshAt(audienceId: string, intervalMs: number, now: number): number {
  const phase = Number.parseInt(audienceId.replaceAll('-', '').slice(0, 12), 16) % intervalMs
  return now - ((((now - phase) % intervalMs) + intervalMs) % intervalMs) + intervalMs
}
