import { type Normalise, Refusal } from './refusal.ts'

const NOT_ONE = new Refusal('no client id: two numbers with a dot between them, or a cookie _ga such as GA1.1.12.34')

/** A visitor's client id of Google Analytics: two numbers with a dot, which is also what a cookie `_ga` ends in. */
export const gaClientId: Normalise = (raw) => {
  const text = raw.trim()
  if (text === '') return ''
  return /^(?:GA\d\.\d{1,2}\.)?([1-9]\d{0,19}\.[1-9]\d{0,19})$/.exec(text)?.[1] ?? NOT_ONE
}
