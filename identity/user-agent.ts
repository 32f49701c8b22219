import { type Normalise, Refusal } from './refusal.ts'

const NOT_ONE = new Refusal('not the name of a browser: no letters, or characters that such names do not have')

/** What a browser calls itself, as it is: it is compared letter by letter. */
export const userAgent: Normalise = (raw) => {
  const agent = raw.trim()
  if (agent === '') return ''
  return /^[\x20-\x7e\u00a0-\uffff]+$/.test(agent) && /[a-z]/i.test(agent) ? agent : NOT_ONE
}
