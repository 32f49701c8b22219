import { type Normalise, Refusal } from './refusal.ts'
import { foldedLetters, lowered } from './text.ts'

const words = {
  m: 'm male man boy gentleman guy sir mister mr lad son father dad brother husband uncle nephew he him his',
  f: 'f female woman girl lady madam maam miss ms mrs lass daughter mother mom mum sister wife aunt niece she her hers',
} as const

const letterOf = new Map(Object.entries(words).flatMap(([letter, all]) => all.split(' ').map((word) => [word, letter])))
const NEITHER = new Refusal('neither m nor f')

/** m or f, from the letter or an English word. */
export const genderLetter: Normalise = (raw) =>
  lowered(raw) === '' ? '' : (letterOf.get(foldedLetters(raw)) ?? NEITHER)
