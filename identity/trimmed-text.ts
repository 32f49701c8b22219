import { type Normalise, Refusal } from './refusal.ts'
import { isWhole, visible } from './text.ts'

const BROKEN = new Refusal('a broken character')

/** Text as it is, without spaces at its ends and characters that show nothing, cut after so many characters. */
export const trimmedText =
  (mostCharacters: number): Normalise =>
  (raw) => {
    const text = visible(raw).trim()
    if (!isWhole(text)) return BROKEN
    return [...text].slice(0, mostCharacters).join('').trim()
  }
