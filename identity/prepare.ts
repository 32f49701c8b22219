import { alreadyHashed, isSha256, sha256Hex } from './hash.ts'
import { type Normalise, Refusal } from './refusal.ts'

/** How a platform wants one kind of value. */
export type Rule = {
  readonly normalise: Normalise
  readonly sent: 'hashed' | 'plain'
  /** The longest value that is looked at, in characters; 4,096 where it does not say. */
  readonly longest?: number
}

/** No identifier is longer; a cap keeps a broken field from costing seconds and the packed form within its bounds. */
const MOST_CHARACTERS = 4_096
const TOO_LONG = new Refusal('too long')

/** The value as the platform expects it before hashing; '' when there is none. A hash that is one already stays, in lowercase. */
export function normaliseBy(
  rule: Rule,
  raw: string,
  country?: string,
  settings?: Readonly<Record<string, unknown>>,
): string | Refusal {
  if (raw.length > (rule.longest ?? MOST_CHARACTERS)) return TOO_LONG
  const hashed = rule.sent === 'hashed' ? alreadyHashed(raw) : undefined
  return hashed ?? rule.normalise(raw, country, settings)
}

/** What is sent for a normalised value that is not empty. */
export const sentBy = (rule: Rule, normalised: string): string =>
  rule.sent === 'plain' || isSha256(normalised) ? normalised : sha256Hex(normalised)
