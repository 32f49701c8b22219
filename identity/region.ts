import { type Normalise, Refusal } from './refusal.ts'
import { regions } from './regions.ts'
import { foldedLetters, lettersAndDigits } from './text.ts'

const NO_LETTER = new Refusal('no letter left')

const rows = Object.entries(regions).flatMap(([country, lines]) =>
  lines
    .trim()
    .split('\n')
    .map((line) => ({ country, code: line.slice(0, 2).toLowerCase(), names: line.slice(3).split(' | ') })),
)
const codeOfName = new Map(rows.flatMap(({ code, names }) => names.map((name) => [foldedLetters(name), code])))
/** 'us-ca' as ISO 3166-2 writes it. */
const codeOfIso = new Map(rows.map(({ country, code }) => [`${country}-${code}`, code]))

/**
 * The two-letter code of a state of the USA or a province of Canada, lowercase; elsewhere the name in lowercase without
 * punctuation and spaces, not cut (the profile of Meta).
 */
export const regionCode: Normalise = (raw) => {
  const known = codeOfIso.get(raw.trim().toLowerCase()) ?? codeOfName.get(foldedLetters(raw))
  if (known !== undefined) return known
  const region = lettersAndDigits(raw)
  return region === '' || /\p{L}/u.test(region) ? region : NO_LETTER
}
