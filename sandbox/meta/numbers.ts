import { randomInt } from 'node:crypto'

/** A number of an account, a business or a pixel: 15 digits, whatever it is of. */
export function newNumber(): string {
  return String(randomInt(100_000_000_000_000, 281_474_976_710_655))
}
