import { refuse } from './rest-error.ts'

/** The day of a version's last month on which it ends, where LinkedIn has announced another than the 15th. */
const announcedDay: Record<string, number> = { '202508': 17, '202511': 16, '202603': 16 }

const USUAL_DAY = 15

/** Throws what LinkedIn answers when the version is missing, retired, or not released. A version lives 12 months. */
export function checkVersion(header: string | string[] | undefined, now: number): void {
  const version = Array.isArray(header) ? header[0] : header
  if (version === undefined || version.trim() === '') throw refuse.noVersion()
  const [, year, month] = /^(\d{4})(\d{2})$/.exec(version) ?? []
  if (year === undefined || month === undefined || Number(month) < 1 || Number(month) > 12)
    throw refuse.version(version.slice(0, 40))
  const released = Date.UTC(Number(year), Number(month) - 1)
  if (released > now || sunset(version) <= now) throw refuse.version(`${version}01`)
}

/** When a version of the form YYYYMM stops being served, in milliseconds. */
function sunset(version: string): number {
  const day = announcedDay[version] ?? USUAL_DAY
  return Date.UTC(Number(version.slice(0, 4)) + 1, Number(version.slice(4)) - 1, day)
}
