import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Normalise } from './refusal.ts'
import { visible, withAsciiDigits } from './text.ts'

const NAMES_ITS_COUNTRY = /^[^+\d]*(?:\+|00)/

/** Whether numbers can be read as numbers of this country (ISO alpha-2, uppercase). */
export const isPhoneCountry = isSupportedCountry

/** Digits with the country's code in front, if the number can be one of that country: '6505551212' in US → '16505551212'. */
function readIn(country: string, number: string): string | undefined {
  if (!isSupportedCountry(country)) return undefined
  const read = parsePhoneNumberFromString(number, country)
  return read?.isPossible() ? read.number.slice(1) : undefined
}

/** The digits of an ASCII string without leading zeros, in one pass; undefined when there is anything but ASCII in it. */
function bareDigits(number: string): string | undefined {
  let digits = ''
  let start = -1
  for (let at = 0; at < number.length; at++) {
    const character = number.charCodeAt(at)
    if (character > 0x7e) return undefined
    const counts = character >= 0x30 && character <= 0x39 && (character > 0x30 || digits !== '' || start >= 0)
    if (counts && start < 0) start = at
    if (!counts && start >= 0) {
      digits += number.slice(start, at)
      start = -1
    }
  }
  return start < 0 ? digits : digits + number.slice(start)
}

/**
 * Digits without plus and leading zeros (the profile of Meta); '' when no digit but zero is left.
 * With a country, a number that starts neither with + nor 00 is read as one of that country, where it can be one.
 */
export const phoneDigits: Normalise = (raw, country) => {
  if (country === undefined || NAMES_ITS_COUNTRY.test(raw)) {
    const digits = bareDigits(raw)
    if (digits !== undefined) return digits
  }
  const number = withAsciiDigits(visible(raw)).replaceAll('\uff0b', '+').trim()
  const read = country === undefined || NAMES_ITS_COUNTRY.test(number) ? undefined : readIn(country, number)
  return read ?? number.replace(/[^0-9]/g, '').replace(/^0+/, '')
}

/** The same with a plus in front (E.164). */
export const phoneWithPlus: Normalise = (raw, country) => {
  const digits = phoneDigits(raw, country)
  return typeof digits === 'string' && digits !== '' ? `+${digits}` : digits
}
