import { type Normalise, Refusal } from './refusal.ts'
import { lowered } from './text.ts'

/** An address that needs nothing done: the common case in one pass. */
const PLAIN = /^[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)+$/
const LOCAL = /^[\w!#$%&'*+/=?^`{|}~.\-\p{L}\p{M}\p{N}]+$/u
const LABEL = /^(?!-)[a-z0-9\-\p{L}\p{M}\p{N}]+(?<!-)$/u

const NO_AT = new Refusal('no @')
const TWO_AT = new Refusal('two @')
const SPACE_INSIDE = new Refusal('a space inside')
const NOTHING_BEFORE = new Refusal('nothing before the @')
const TWO_DOTS = new Refusal('two dots in a row')
const DOT_AT_EDGE = new Refusal('a dot at the start or end')
const NO_DOT = new Refusal('no dot after the @')
const ODD_CHARACTER = new Refusal('a character that addresses do not have')

const checks: readonly (readonly [refused: (address: string, at: number) => boolean, refusal: Refusal])[] = [
  [(_, at) => at < 0, NO_AT],
  [(address, at) => address.indexOf('@', at + 1) >= 0, TWO_AT],
  [(address) => /\s/.test(address), SPACE_INSIDE],
  [(_, at) => at === 0, NOTHING_BEFORE],
  [(address) => address.includes('..'), TWO_DOTS],
  [(address, at) => /^\.|\.$/.test(address) || address[at - 1] === '.' || address[at + 1] === '.', DOT_AT_EDGE],
  [(address, at) => !address.includes('.', at), NO_DOT],
  [(address, at) => !LOCAL.test(address.slice(0, at)), ODD_CHARACTER],
  [
    (address, at) =>
      !address
        .slice(at + 1)
        .split('.')
        .every((label) => LABEL.test(label)),
    ODD_CHARACTER,
  ],
]

/** An address in lowercase, or why it is none. Letters of any script pass: such addresses exist. */
export function checkEmail(address: string): string | Refusal {
  const at = address.indexOf('@')
  return checks.find(([refused]) => refused(address, at))?.[1] ?? address
}

/** Trimmed, lowercase; dots and +tags stay (the profile of Meta). */
export const trimmedEmail: Normalise = (raw) => {
  const quick = raw.trim().toLowerCase()
  if (PLAIN.test(quick)) return quick
  const address = lowered(raw)
  return address === '' ? '' : checkEmail(address)
}

/** In lowercase and without any space; dots and +tags stay (the profile of LinkedIn and TikTok). */
export const spacelessEmail: Normalise = (raw) => {
  const quick = raw.trim().toLowerCase()
  if (PLAIN.test(quick)) return quick
  const address = lowered(raw.replace(/\s/g, ''))
  return address === '' ? '' : checkEmail(address)
}

const FOLDED_DOMAINS = new Set(['gmail.com', 'googlemail.com'])

/** Trimmed, lowercase; at gmail.com and googlemail.com without dots and +tag in front of the @ (the profile of Google). */
export const foldedEmail: Normalise = (raw) => {
  const address = trimmedEmail(raw)
  if (typeof address !== 'string') return address
  const at = address.lastIndexOf('@')
  if (!FOLDED_DOMAINS.has(address.slice(at + 1))) return address
  const [local = ''] = address.slice(0, at).split('+')
  const bare = local.replaceAll('.', '')
  return bare === '' ? NOTHING_BEFORE : `${bare}${address.slice(at)}`
}
