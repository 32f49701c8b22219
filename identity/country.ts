import { countries } from './countries.ts'
import { type Normalise, Refusal } from './refusal.ts'
import { foldedLetters } from './text.ts'

const NOT_A_COUNTRY = new Refusal('not a country by code or English name')

/** '&' and 'and', 'Saint' and 'St.', 'The Gambia' and 'Gambia' are one. */
const folded = (name: string): string =>
  foldedLetters(name.replaceAll('&', ' and ').replace(/\bsaint\b/gi, 'st')).replace(/^the(?=.{4})/, '')

const codeOf = new Map(
  countries
    .trim()
    .split('\n')
    .flatMap((line) => {
      const code = line.slice(0, 2).toLowerCase()
      const names = line.slice(7).split(' | ').map(folded)
      return [code, line.slice(3, 6).toLowerCase(), ...names].map((known) => [known, code] as const)
    }),
)

/** ISO alpha-2 in lowercase, from alpha-2, alpha-3 or an English name, with dots, hyphens or spaces. */
export const countryCode: Normalise = (raw) => (raw.trim() === '' ? '' : (codeOf.get(folded(raw)) ?? NOT_A_COUNTRY))

const NOT_TWO_LETTERS = new Refusal('not two letters')

/** Two letters in uppercase, as given: no name is looked up (the profile of Google). */
export const countryLetters: Normalise = (raw) => {
  const code = raw.trim().toUpperCase()
  if (raw === '') return ''
  return /^[A-Z]{2}$/.test(code) ? code : NOT_TWO_LETTERS
}
