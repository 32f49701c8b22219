import { type Normalise, Refusal } from './refusal.ts'
import { foldedLetters, lowered, withAsciiDigits } from './text.ts'

const FIRST_YEAR = 1900
const MONTHS = 'january february march april may june july august september october november december'.split(' ')
const monthOfName = new Map(
  MONTHS.flatMap((name, index) => [name, name.slice(0, 3)].map((known) => [known, index + 1] as const)),
)

const NOT_FOUR_DIGITS = new Refusal('not a year of four digits')
const YEAR_OUT_OF_RANGE = new Refusal('a year before 1900 or after this one')
const NOT_A_MONTH = new Refusal('not a month from 1 to 12')
const NOT_A_DAY = new Refusal('not a day from 1 to 31')
const NOT_A_DATE = new Refusal('not a date in digits with a year of four')
const NO_SUCH_DAY = new Refusal('no such day')

const isYear = (year: number): boolean => year >= FIRST_YEAR && year <= new Date().getUTCFullYear()
const padded = (value: number): string => String(value).padStart(2, '0')
const cleaned = (raw: string): string => lowered(withAsciiDigits(raw))
/** A number of one or two digits, else NaN: signs, letters and points are none. */
const small = (text: string): number => (/^\d{1,2}$/.test(text) ? Number(text) : Number.NaN)

/** YYYY, from 1900 to this year. */
export const birthYear: Normalise = (raw) => {
  const year = cleaned(raw)
  if (year === '') return ''
  if (!/^\d{4}$/.test(year)) return NOT_FOUR_DIGITS
  return isYear(Number(year)) ? year : YEAR_OUT_OF_RANGE
}

/** 01 to 12, from digits or an English name of a month. */
export const birthMonth: Normalise = (raw) => {
  const text = cleaned(raw)
  if (text === '') return ''
  const month = /^[a-z]+\.?$/.test(text) ? (monthOfName.get(foldedLetters(text)) ?? 0) : small(text)
  return month >= 1 && month <= 12 ? padded(month) : NOT_A_MONTH
}

/** 01 to 31. */
export const birthDay: Normalise = (raw) => {
  const text = cleaned(raw)
  if (text === '') return ''
  const day = small(text)
  return day >= 1 && day <= 31 ? padded(day) : NOT_A_DAY
}

const NOTE_IN_BRACKETS = /\s*\([^()]*\)$/
const TIME_OF_DAY = /[t ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:z|[+-]\d{2}:?\d{2})?$/
const SEPARATOR = '\\s*[\\p{Pd}\\u2212/.\\s]\\s*'
const THREE_NUMBERS = new RegExp(`^(\\d{1,4})${SEPARATOR}(\\d{1,2})${SEPARATOR}(\\d{1,4})$`, 'u')

/** [year, month, day] of numbers in the order year-first, month-first or, where only that can be, day-first. */
function inOrder(first: string, second: string, third: string): readonly [string, number, number] | undefined {
  const [year, a, b] = first.length === 4 ? [first, second, third] : [third, first, second]
  if (year.length !== 4 || a.length > 2 || b.length > 2) return undefined
  return Number(a) > 12 ? [year, Number(b), Number(a)] : [year, Number(a), Number(b)]
}

function checkedDate(year: string, month: number, day: number): string | Refusal {
  if (!isYear(Number(year))) return YEAR_OUT_OF_RANGE
  const exists = month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(Number(year), month, 0)).getUTCDate()
  return exists ? `${year}${padded(month)}${padded(day)}` : NO_SUCH_DAY
}

/** YYYYMMDD, from ISO, month-first or day-first dates in digits; an ambiguous one is read month-first. */
export const birthDate: Normalise = (raw) => {
  const text = cleaned(raw).replace(NOTE_IN_BRACKETS, '').replace(TIME_OF_DAY, '')
  if (text === '') return cleaned(raw) === '' ? '' : NOT_A_DATE
  if (/^\d{8}$/.test(text)) return checkedDate(text.slice(0, 4), Number(text.slice(4, 6)), Number(text.slice(6)))
  const [, first = '', second = '', third = ''] = THREE_NUMBERS.exec(text) ?? []
  const date = inOrder(first, second, third)
  return date === undefined ? NOT_A_DATE : checkedDate(...date)
}
