import { type Normalise, Refusal } from './refusal.ts'
import { composed, isWhole, lettersAndDigits, lowered } from './text.ts'

/** Lowercase without punctuation, symbols and spaces; accents and other scripts stay (the profile of Meta). */
export const bareName: Normalise = (raw) => lettersAndDigits(raw)

/** The first letter (or digit) of a name, which may be given whole. */
export const initial: Normalise = (raw) => composed(/[\p{L}\p{N}]/u.exec(lettersAndDigits(raw))?.[0] ?? '')

const NOTHING_BUT_A_TITLE = new Refusal('nothing but a title or suffix')
const BROKEN = new Refusal('a broken character')

const TITLE = /^(?:mrs|mr|ms|dr)\.(?:\s+|$)/
const SUFFIX = /(?:^|[\s,]+)(?:jr|sr|ii|iii|iv|v|vi|2nd|3rd|cpa|dc|dds|vm|jd|md|phd)\.?$/

/** Lowercase with its punctuation, without a title in front (the profile of Google). */
export const givenName: Normalise = (raw) => bared(raw, (name) => name.replace(TITLE, ''))

/** Lowercase with its punctuation, without suffixes such as jr. or phd (the profile of Google). */
export const familyName: Normalise = (raw) =>
  bared(raw, (name) => {
    let bare = name
    for (let before = ''; before !== bare; ) {
      before = bare
      bare = bare.replace(SUFFIX, '')
    }
    return bare
  })

function bared(raw: string, strip: (name: string) => string): string | Refusal {
  const name = lowered(raw)
  if (name === '') return ''
  if (!isWhole(name)) return BROKEN
  const bare = strip(name).trim()
  return bare === '' ? NOTHING_BUT_A_TITLE : bare
}
