import { externalId } from './external-id.ts'
import { type Normalise, Refusal } from './refusal.ts'

const TOO_LONG = new Refusal('more than 256 characters')
const CONTROL = new Refusal('a control character')

/** An id of the user's own systems: trimmed, at most 256 characters, else as it is. */
export const ownId: Normalise = (raw) => {
  const id = externalId(raw.trim())
  if (typeof id !== 'string') return id
  if (id.length > 256) return TOO_LONG
  return /\p{Cc}/u.test(id) ? CONTROL : id
}
