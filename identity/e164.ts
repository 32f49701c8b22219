import { phoneWithPlus } from './phone.ts'
import { type Normalise, Refusal } from './refusal.ts'

const NOT_E164 = new Refusal('no phone number with a country code')

/** A phone number as plus and digits with the country's code, 7 to 15 of them. */
export const e164: Normalise = (raw, country) => {
  const number = phoneWithPlus(raw, country)
  return typeof number !== 'string' || number === '' || /^\+[1-9]\d{6,14}$/.test(number) ? number : NOT_E164
}
