const MOST_KEPT = 50_000

/** Remembers results for values that come again and again (names, countries); forgets all when it is full, which bounds it. */
export function memo<T>(compute: (value: string) => T, mostKept = MOST_KEPT): (value: string) => T {
  const kept = new Map<string, T>()
  return (value) => {
    const known = kept.get(value)
    if (known !== undefined) return known
    const result = compute(value)
    if (kept.size >= mostKept) kept.clear()
    kept.set(value, result)
    return result
  }
}
