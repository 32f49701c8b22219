/** Draws that are the same for the same seed. */
export type Random = {
  /** 0 to below 1. */
  next(): number
  /** 0 to below `n`. */
  below(n: number): number
  chance(share: number): boolean
  pick<T>(from: readonly T[]): T
  /** One of the values, as often as its weight says. */
  weighted<T>(from: readonly (readonly [weight: number, value: T])[]): T
}

/** mulberry32, seeded by a text. */
export function seeded(seed: string): Random {
  let state = 0x811c9dc5
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 0x01000193)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (n: number) => Math.floor(next() * n)
  const pick = <T>(from: readonly T[]): T => {
    const found = from[below(from.length)]
    if (found === undefined) throw new Error('There is nothing to pick from.')
    return found
  }
  return {
    next,
    below,
    chance: (share) => next() < share,
    pick,
    weighted: (from) => {
      let left = next() * from.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, value] of from) {
        left -= weight
        if (left < 0) return value
      }
      return pick(from)[1]
    },
  }
}
