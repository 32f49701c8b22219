import { type Normalise, Refusal } from './refusal.ts'

const NO_LETTER = new Refusal('no letter from a to z left')

/** a to z, and digits beside them; accented letters are dropped, not transliterated (the profile of Meta). */
export const asciiCity: Normalise = (raw) => {
  if (raw.trim() === '') return ''
  // Composed first, as a decomposed é would leave its e behind.
  const city = raw
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
  return /[a-z]/.test(city) ? city : NO_LETTER
}
