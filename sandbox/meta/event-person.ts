import { isIP } from 'node:net'
import { valuesOf } from '../events/people.ts'
import { isObject } from '../json.ts'
import { troubles } from './event-troubles.ts'
import { refuse } from './graph-error.ts'

const sha256 = /^[0-9a-f]{64}$/i

const hashed = ['em', 'ph', 'fn', 'ln', 'ge', 'db', 'ct', 'st', 'zp', 'country']

const cookie = /^fb\.\d{1,2}\.\d{10,16}\.\S+$/

/** Keys that must not be hashed, with what their value must look like, where that is known. */
const plain: Record<string, (value: string) => boolean> = {
  client_ip_address: (value) => isIP(value) !== 0,
  client_user_agent: () => true,
  fbc: (value) => cookie.test(value),
  fbp: (value) => cookie.test(value),
  ...Object.fromEntries(
    [
      'subscription_id',
      'fb_login_id',
      'lead_id',
      'madid',
      'anon_id',
      'page_id',
      'page_scoped_user_id',
      'ctwa_clid',
      'ig_account_id',
      'ig_sid',
    ].map((name) => [name, () => true]),
  ),
}

/** Who has no more than what is in one of these sets cannot be matched. */
const tooWeak = [
  ['ct', 'country', 'st', 'zp', 'ge', 'client_user_agent'],
  ['db', 'client_user_agent'],
  ['fn', 'ge'],
  ['ln', 'ge'],
]

const known = new Set([...hashed, 'external_id', ...Object.keys(plain)])

/** The `user_data` of an event, checked. UNVERIFIED what becomes of a key that Meta does not know: it is as if it were not there. */
export function readPerson(value: unknown): Record<string, unknown> {
  if (value === undefined) throw refuse.event(troubles.missing('user_data'))
  if (!isObject(value)) throw refuse.event(troubles.wrong('user_data', 'must be an object'))
  const told = Object.entries(value).filter(([key, given]) => known.has(key) && given !== null)
  for (const [key, given] of told) checkValues(key, given)
  const names = told.map(([key]) => key)
  if (tooWeak.some((set) => names.every((name) => set.includes(name)))) throw refuse.event(troubles.tooWeak)
  return Object.fromEntries(told)
}

function checkValues(key: string, given: unknown): void {
  const name = `user_data[${key}]`
  const values = valuesOf(given)
  if (values.length === 0 || values.length !== [given].flat().length)
    throw refuse.event(troubles.wrong(name, 'must be a string that is not empty, or several'))
  const looksRight = plain[key]
  for (const text of values) {
    if (hashed.includes(key) && !sha256.test(text)) throw refuse.event(troubles.notHashed(name))
    if (looksRight && sha256.test(text)) throw refuse.event(troubles.hashed(name))
    if (looksRight && !looksRight(text)) throw refuse.event(troubles.wrong(name, 'does not look like one'))
  }
  if (looksRight && Array.isArray(given)) throw refuse.event(troubles.wrong(name, 'must be one string'))
}
