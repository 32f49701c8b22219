/** Pieces that normalisers are composed of. None of them throws, whatever the string holds. */

/** Characters that show nothing: zero-width, bidi marks, soft hyphens, variation selectors, fillers. Copying brings them along. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu
const CONTROLS_AND_BROKEN = /[\p{Cc}\p{Cs}]/gu
const PUNCTUATION_AND_SPACE = /[\p{P}\p{S}\s]/gu
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u
const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/

/** The zeros of the decimal digits that people type: Arabic, Persian, Indic, Thai, Lao, Tibetan, Burmese, full-width … */
const ZEROS =
  '\u0660\u06f0\u07c0\u0966\u09e6\u0a66\u0ae6\u0b66\u0be6\u0c66\u0ce6\u0d66\u0de6\u0e50\u0ed0\u0f20\u1040\u17e0\u1810\uff10'
const asciiDigitOf = new Map(
  [...ZEROS].flatMap((zero) =>
    Array.from({ length: 10 }, (_, digit) => [String.fromCharCode(zero.charCodeAt(0) + digit), String(digit)] as const),
  ),
)
const FOREIGN_DIGIT = new RegExp(`[${[...asciiDigitOf.keys()].join('')}]`, 'g')

/** Composed (NFC), as a composed and a decomposed é must become one hash. */
export const composed = (value: string): string => value.normalize('NFC')

/** Composed and without characters that show nothing. */
export const visible = (value: string): string =>
  NOT_PRINTABLE_ASCII.test(value) ? composed(value.normalize('NFC').replace(INVISIBLE, '')) : value

/** Decimal digits of any script as 0 to 9. */
export const withAsciiDigits = (value: string): string =>
  NOT_PRINTABLE_ASCII.test(value) ? value.replace(FOREIGN_DIGIT, (digit) => asciiDigitOf.get(digit) ?? '') : value

/** Trimmed, visible, in lowercase: the start of most normalisers. */
export const lowered = (value: string): string => composed(visible(value).trim().toLowerCase())

/** Lowercase letters and digits of any script, accents kept; '' when neither is left. */
export function lettersAndDigits(value: string): string {
  const bare = visible(value).replace(CONTROLS_AND_BROKEN, '').replace(PUNCTUATION_AND_SPACE, '')
  return LETTER_OR_DIGIT.test(bare) ? composed(bare.toLowerCase()) : ''
}

/** For comparing with a table: lowercase a to z, accents folded (é → e), all else dropped. */
export const foldedLetters = (value: string): string =>
  value
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')

/** Whether no half of a surrogate pair stands alone: UTF-8 has no bytes for one. */
export const isWhole = (value: string): boolean => !/\p{Cs}/u.test(value)
