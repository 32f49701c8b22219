import { type Normalise, Refusal } from './refusal.ts'
import { lowered } from './text.ts'

const NOT_AN_ID = new Refusal('not a device id: letters, digits and hyphens only')
// A device whose owner refused to be followed reports zeros: the same "id" for everybody.
const ALL_ZERO = new Refusal('all zeros: this device does not share its id')

/** An advertising id in lowercase, hyphens kept. */
export const deviceId: Normalise = (raw) => checked(lowered(raw))

/** An advertising id as it is, without spaces at its ends (the profile of LinkedIn). */
export const advertisingId: Normalise = (raw) => {
  const refused = checked(lowered(raw))
  return typeof refused === 'string' ? raw.trim() : refused
}

function checked(id: string): string | Refusal {
  if (id === '') return ''
  if (!/^[0-9a-z-]*[0-9a-z][0-9a-z-]*$/.test(id)) return NOT_AN_ID
  return /^[0-]+$/.test(id) ? ALL_ZERO : id
}
