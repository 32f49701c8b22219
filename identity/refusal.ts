/** Why a value cannot be sent to a platform: a short reason that never quotes the value ("no @"). */
export class Refusal {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/**
 * Turns a raw value into the one that a platform expects, before any hashing.
 * Returns '' when nothing is left (there is no value), a `Refusal` when the platform would refuse it.
 * `country` is the audience's default country (ISO alpha-2), used for phone numbers without a country code; `settings` are
 * those of the destination, for platforms that leave a form to the user.
 */
export type Normalise = (
  raw: string,
  country?: string,
  settings?: Readonly<Record<string, unknown>>,
) => string | Refusal
