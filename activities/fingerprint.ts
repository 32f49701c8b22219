/**
 * A fingerprint of 64 bits: two lanes of 32 that mix each word in different ways. It tells changed rows from unchanged
 * ones. It is not a cryptographic hash: who crafts a collision hides a change of his own row.
 */
const wordFactor = 0xcc9e2d51 | 0
const factorA = 0x85ebca6b | 0
const factorB = 0xc2b2ae35 | 0

/**
 * Writes the fingerprint of the bytes from `at` to `end` as a bigint, high byte first, to the 8 bytes of `to` at `toAt`.
 * `from` has 4 bytes more than `end`, which do not count. `seed` holds two words.
 */
export function fingerprint(
  seed: Int32Array,
  from: DataView,
  at: number,
  end: number,
  to: DataView,
  toAt: number,
): void {
  const length = end - at
  let a = seed[0] ?? 0
  let b = seed[1] ?? 0
  for (; at + 4 <= end; at += 4) {
    const word = Math.imul(from.getInt32(at, true), wordFactor)
    a = Math.imul(((a << 13) | (a >>> 19)) ^ word ^ (word >>> 15), factorA)
    b = Math.imul((((b << 17) | (b >>> 15)) + word) | 0, factorB)
  }
  // The tail is padded with zeros; the length tells it from a longer one.
  const word = Math.imul(from.getInt32(at, true) & ((1 << ((end - at) << 3)) - 1), wordFactor)
  a = Math.imul(((a << 13) | (a >>> 19)) ^ word ^ (word >>> 15), factorA)
  b = Math.imul((((b << 17) | (b >>> 15)) + word) | 0, factorB)
  a = finish(a ^ length)
  b = finish((b + a) | 0)
  to.setInt32(toAt, (a + b) | 0)
  to.setInt32(toAt + 4, b)
}

/** Every bit of the outcome depends on every bit of `h`. */
function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), factorA)
  h = Math.imul(h ^ (h >>> 13), factorB)
  return h ^ (h >>> 16)
}
