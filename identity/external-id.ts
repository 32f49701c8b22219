import { type Normalise, Refusal } from './refusal.ts'
import { isWhole } from './text.ts'

const BROKEN = new Refusal('a broken character')

/** As it is, byte for byte; '' when it holds only spaces. */
export const externalId: Normalise = (raw) => {
  if (raw.trim() === '') return ''
  return isWhole(raw) ? raw : BROKEN
}
