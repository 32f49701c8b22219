import type { Normalise } from './refusal.ts'
import { composed, lettersAndDigits } from './text.ts'

/** Lowercase without punctuation, symbols and spaces; accents and other scripts stay (the profile of Meta). */
export const bareName: Normalise = (raw) => lettersAndDigits(raw)

/** The first letter (or digit) of a name, which may be given whole. */
export const initial: Normalise = (raw) => composed(/[\p{L}\p{N}]/u.exec(lettersAndDigits(raw))?.[0] ?? '')
