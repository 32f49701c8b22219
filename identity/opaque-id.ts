import { type Normalise, Refusal } from './refusal.ts'

/**
 * An id that only its maker can read: as it is, case included, without spaces at its ends. `reason` says in a few words what
 * one that does not look like `pattern` is not.
 */
export function opaqueId(pattern: RegExp, reason: string): Normalise {
  const refused = new Refusal(reason)
  return (raw) => {
    const id = raw.trim()
    return id === '' || pattern.test(id) ? id : refused
  }
}
