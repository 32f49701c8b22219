import { readFileSync } from 'node:fs'

export type Vector = {
  readonly key: string
  readonly input: string
  /** null where the platform refuses the value. */
  readonly normalised: string | null
  /** 64 hex digits, or UNHASHED, EMPTY, REJECT. */
  readonly outcome: string
  /** The source reads the number as one of this country. */
  readonly country: 'US' | undefined
}

const file = new URL('../vectors.tsv', import.meta.url)

/** The rows of one platform in vectors.tsv. */
export const vectorsOf = (platform: string): readonly Vector[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([of]) => of === platform)
    .map(([, key = '', input = '', normalised = '', outcome = '', source = '']) => ({
      key,
      input: JSON.parse(input),
      normalised: JSON.parse(normalised),
      outcome,
      country: source.includes('needs a default-country setting') ? 'US' : undefined,
    }))

/** What is sent by a vector: null where nothing may be. */
export const sentOf = ({ outcome, normalised }: Vector): string | null =>
  outcome === 'UNHASHED' ? normalised : /^[0-9a-f]{64}$/.test(outcome) ? outcome : null
