import { describe, expect, it } from 'vitest'
import type { Identifiers } from '../../destinations/define.ts'
import { eventIdentifiers, identifiers } from '../../destinations/meta/identifiers.ts'
import { normaliseBy, sentBy } from '../../identity/prepare.ts'
import { Refusal } from '../../identity/refusal.ts'

const table: Identifiers = { ...identifiers, ...eventIdentifiers }

/** The normalised value, or the reason in brackets. */
function outcome(name: string, raw: string, country?: string): string {
  const rule = table[name]
  if (!rule) throw new Error(`no identifier ${name}`)
  const normalised = normaliseBy(rule, raw, country)
  return normalised instanceof Refusal ? `[${normalised.reason}]` : normalised
}

const A_HASH = 'ab'.repeat(32)
const HASH_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe.each([
  ['EMAIL', '\u200bJane@Example.test\u202c', 'jane@example.test'],
  ['EMAIL', 'jane\u00a0doe@example.test', '[a space inside]'],
  ['EMAIL', '\u00a0jane@example.test\u00a0', 'jane@example.test'],
  ['EMAIL', 'j\u00fcrgen@b\u00fccher.test', 'j\u00fcrgen@b\u00fccher.test'],
  ['EMAIL', 'ju\u0308rgen@example.test', 'j\u00fcrgen@example.test'],
  ['EMAIL', 'jane@@example.test', '[two @]'],
  ['EMAIL', '@example.test', '[nothing before the @]'],
  ['EMAIL', 'jane@', '[no dot after the @]'],
  ['EMAIL', '.jane@example.test', '[a dot at the start or end]'],
  ['EMAIL', 'jane.@example.test', '[a dot at the start or end]'],
  ['EMAIL', 'jane@.example.test', '[a dot at the start or end]'],
  ['EMAIL', 'jane@-example.test', '[a character that addresses do not have]'],
  ['EMAIL', 'jane@example.test,', '[a character that addresses do not have]'],
  ['EMAIL', 'jane\ud800@example.test', '[a character that addresses do not have]'],
  ['EMAIL', 'j\u0000ane@example.test', '[a character that addresses do not have]'],
  ['EMAIL', ' \t\u200b ', ''],
  ['EMAIL', `${'a'.repeat(5_000)}@example.test`, '[too long]'],
  ['EMAIL', ` ${A_HASH.toUpperCase()} `, A_HASH],
  ['EMAIL', HASH_OF_NOTHING.toUpperCase(), '[the hash of an empty value]'],
  ['PHONE', '\uff0b\uff14\uff19 \uff13\uff10 123456', '4930123456'],
  ['PHONE', '\u0660\u0660\u0669\u0667\u0661 50 123 4567', '971501234567'],
  ['PHONE', '\u202a+49\u00a030\u00a0123456\u202c', '4930123456'],
  ['PHONE', 'none', ''],
  ['LN', 'O\u2019Connor', 'oconnor'],
  ['LN', 'Jose\u0301', 'jos\u00e9'],
  ['LN', 'Mu\u0308ller\u200b-\ud800L\u00fcdenscheidt', 'm\u00fcllerl\u00fcdenscheidt'],
  ['LN', '\u2764\ufe0f', ''],
  ['LN', '---', ''],
  ['FI', ' \u00c9lodie', '\u00e9'],
  ['FI', '\ud83d\ude00 Ann', 'a'],
  ['CT', '29 Palms', '29palms'],
  ['CT', 'Malmo\u0308', 'malm'],
  ['CT', '\u5317\u4eac', '[no letter from a to z left]'],
  ['ST', 'Bavaria', 'bavaria'],
  ['ST', 'Qu\u00e9bec', 'qc'],
  ['ST', 'US-CA', 'ca'],
  ['ST', 'Washington, D.C.', 'dc'],
  ['ST', 'N.Y.', 'ny'],
  ['ST', 'Rh\u00f4ne-Alpes', 'rh\u00f4nealpes'],
  ['ST', '13', '[no letter left]'],
  ['ZIP', '94035 1234', '94035'],
  ['ZIP', '941031234', '94103'],
  ['ZIP', '00-950', '00950'],
  ['ZIP', '\uff10\uff11\uff12', '012'],
  ['ZIP', '7', '[only one character]'],
  ['ZIP', '--', '[no letter or digit]'],
  ['COUNTRY', 'DEU', 'de'],
  ['COUNTRY', 'uk', 'gb'],
  ['COUNTRY', 'C\u00f4te d\u2019Ivoire', 'ci'],
  ['COUNTRY', 'Saint Lucia', 'lc'],
  ['COUNTRY', 'The Gambia', 'gm'],
  ['COUNTRY', 'Antigua and Barbuda', 'ag'],
  ['COUNTRY', 'Thailand', 'th'],
  ['COUNTRY', 'Atlantis', '[not a country by code or English name]'],
  ['COUNTRY', 'zz', '[not a country by code or English name]'],
  ['GEN', "Ma'am", 'f'],
  ['GEN', 'unknown', '[neither m nor f]'],
  ['DOBM', 'Sept.', '[not a month from 1 to 12]'],
  ['DOBM', 'sep', '09'],
  ['DOBM', '1.5', '[not a month from 1 to 12]'],
  ['DOBM', '+1', '[not a month from 1 to 12]'],
  ['DOBD', '0', '[not a day from 1 to 31]'],
  ['DOBD', '32', '[not a day from 1 to 31]'],
  ['DOBY', '1899', '[a year before 1900 or after this one]'],
  ['DOBY', '9999', '[a year before 1900 or after this one]'],
  ['DOBY', '19900', '[not a year of four digits]'],
  ['DOB', '1990-02-30', '[no such day]'],
  ['DOB', '31.12.1990', '19901231'],
  ['DOB', '1990-12-31T00:00:00.000Z', '19901231'],
  ['DOB', '19901231', '19901231'],
  ['DOB', '12/31/90', '[not a date in digits with a year of four]'],
  ['MADID', '00000000-0000-0000-0000-000000000000', '[all zeros: this device does not share its id]'],
  ['MADID', '{AB12}', '[not a device id: letters, digits and hyphens only]'],
  ['EXTERN_ID', ' Ext 1\u0301 ', ' Ext 1\u0301 '],
  ['EXTERN_ID', A_HASH.toUpperCase(), A_HASH.toUpperCase()],
  ['EXTERN_ID', 'a\udc00', '[a broken character]'],
  ['EXTERN_ID', '  ', ''],
  ['DATA_PROCESSING_OPTIONS', 'Yes', 'LDU'],
  ['DATA_PROCESSING_OPTIONS', 'false', ''],
  ['DATA_PROCESSING_OPTIONS', 'oui', 'LDU'],
  ['DATA_PROCESSING_OPTIONS_COUNTRY', 'US', '1'],
  ['DATA_PROCESSING_OPTIONS_COUNTRY', 'FR', '[neither a number of Meta nor a place it numbers]'],
  ['DATA_PROCESSING_OPTIONS_STATE', 'California', '1000'],
  ['LOOKALIKE_VALUE', '0012.50', '12.5'],
  ['LOOKALIKE_VALUE', '-1', '[below zero]'],
  ['LOOKALIKE_VALUE', '-0', '0'],
  ['LOOKALIKE_VALUE', 'Infinity', '[not a number]'],
  ['LOOKALIKE_VALUE', '12,50', '[not a number]'],
])('%s %j', (name, raw, expected) => {
  it(`becomes ${expected}`, () => expect(outcome(name, raw)).toBe(expected))
})

describe('a phone number with a default country', () => {
  it.each([
    ['650-555-1212 ext. 5', 'US', '16505551212'],
    ['1 (650) 555-1212', 'US', '16505551212'],
    ['030 12345678', 'DE', '493012345678'],
    ['06 12 34 56 78', 'FR', '33612345678'],
    ['020 7123 4567', 'GB', '442071234567'],
    ['+49 30 12345678', 'US', '493012345678'],
    ['0049 30 12345678', 'US', '493012345678'],
    ['\u0660\u0663\u0660 12345678', 'DE', '493012345678'],
    ['447911123456', 'US', '447911123456'],
    ['0000', 'US', ''],
    ['none', 'US', ''],
  ])('%s in %s', (raw, country, expected) => expect(outcome('PHONE', raw, country)).toBe(expected))
})

it('sends a hash as it is and hashes all else once', () => {
  expect(sentBy(identifiers.EMAIL, A_HASH)).toBe(A_HASH)
  expect(sentBy(identifiers.EXTERN_ID, 'x')).toBe('x')
  // SHA-256 of "x", as `printf x | sha256sum` prints it.
  expect(sentBy(identifiers.EMAIL, 'x')).toBe('2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881')
})
