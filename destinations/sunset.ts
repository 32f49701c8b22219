import type { Destination } from './define.ts'

/** So many days before the end of a platform's API version people are warned. */
const WARNED_DAYS = 60
const DAY_MS = 86_400_000

/** Whole days from `now` until a day (ISO) begins in UTC; negative when it has passed. */
export const daysUntil = (day: string, now: Date): number => Math.ceil((Date.parse(day) - now.getTime()) / DAY_MS)

/** That the API version of an account ends soon or has ended: `what`, `whose` move it is and what to do `next`. */
export type SunsetWarning = {
  readonly code: 'api_sunset'
  readonly what: string
  readonly whose: string
  readonly next: string
  /** The day (ISO) on which the version ends, and the days left; none or fewer when it has ended. */
  readonly sunset: string
  readonly daysLeft: number
}

type Versioned = Pick<Destination, 'name' | 'api' | 'versionSetting' | 'sunsetOf'>

/** The warning for an account with these stored settings; null while the end is unknown or more than 60 days away. */
export function sunsetWarning(destination: Versioned, settings: Readonly<Record<string, unknown>>, now: Date) {
  const sunset = destination.sunsetOf(settings)
  if (sunset === null) return null
  const daysLeft = daysUntil(sunset, now)
  return daysLeft > WARNED_DAYS ? null : warningOf(destination, settings, { sunset, daysLeft })
}

function warningOf(
  { name, api, versionSetting }: Versioned,
  settings: Readonly<Record<string, unknown>>,
  { sunset, daysLeft }: Pick<SunsetWarning, 'sunset' | 'daysLeft'>,
): SunsetWarning {
  const named = versionSetting === undefined ? undefined : settings[versionSetting]
  const version = typeof named === 'string' ? named : api.version
  return {
    code: 'api_sunset',
    what: `Version ${version} of the API of ${name} ${daysLeft > 0 ? `ends on ${sunset}: ${leftIn(daysLeft)}` : `ended on ${sunset}`}.`,
    whose: versionSetting === undefined ? 'the operator of this service' : 'an administrator',
    next:
      versionSetting === undefined
        ? 'Install a release of this service that uses a newer version.'
        : `Set ${versionSetting} among the settings of the destination to a newer version (PATCH /v1/destinations/{id}).`,
    sunset,
    daysLeft,
  }
}

const leftIn = (days: number) => (days === 1 ? '1 day is left' : `${days} days are left`)
