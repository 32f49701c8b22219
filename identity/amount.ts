import { type Normalise, Refusal } from './refusal.ts'
import { lowered, withAsciiDigits } from './text.ts'

const NOT_A_NUMBER = new Refusal('not a number')
const BELOW_ZERO = new Refusal('below zero')

/** A number of zero or more, as JSON writes it: ' 0012.50 ' → '12.5'. */
export const amount: Normalise = (raw) => {
  const text = lowered(withAsciiDigits(raw))
  if (text === '') return ''
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(text)) return NOT_A_NUMBER
  const value = Number(text)
  if (!Number.isFinite(value)) return NOT_A_NUMBER
  return value < 0 ? BELOW_ZERO : String(Math.abs(value))
}
