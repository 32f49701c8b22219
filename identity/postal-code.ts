import { type Normalise, Refusal } from './refusal.ts'
import { composed, lowered, visible, withAsciiDigits } from './text.ts'

const ZIP_PLUS_FOUR = /^(\d{5})-?\d{4}$/
const ONE_CHARACTER = new Refusal('only one character')
const NO_LETTER_OR_DIGIT = new Refusal('no letter or digit')
const BROKEN = new Refusal('a broken character')

/** Lowercase without spaces and hyphens; of a ZIP+4 of the USA the first five digits (the profile of Meta). */
export const bareCode: Normalise = (raw) => {
  const code = lowered(withAsciiDigits(raw))
    .replace(/\s/g, '')
    .replace(/\p{Pd}/gu, '-')
  if (code === '') return ''
  if (/[\p{Cs}\p{Cc}]/u.test(code)) return BROKEN
  if (!/[\p{L}\p{N}]/u.test(code)) return NO_LETTER_OR_DIGIT
  // composed again: taking a space or hyphen out can bring a letter and its accent together
  const bare = ZIP_PLUS_FOUR.exec(code)?.[1] ?? composed(code.replaceAll('-', ''))
  return bare.length === 1 ? ONE_CHARACTER : bare
}

const ONLY_SPACES = new Refusal('only spaces')

/** As given, without spaces at its ends: ZIP+4 and hyphens stay (the profile of Google). */
export const postalCode: Normalise = (raw) => {
  const code = visible(raw).trim()
  if (raw === '') return ''
  if (/[\p{Cs}\p{Cc}]/u.test(code)) return BROKEN
  return code === '' ? ONLY_SPACES : code
}
