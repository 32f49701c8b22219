/** Versions that the Marketing API serves, newest first. Anything older was retired. */
export const servedVersions = ['v26.0', 'v25.0'] as const

export type VersionState = 'served' | 'retired' | 'unknown'

/** What Meta makes of the first part of a path; a version newer than the newest is as unknown as a word. */
export function versionState(text: string): VersionState {
  if (servedVersions.some((version) => version === text)) return 'served'
  const major = /^v(\d+)\.\d+$/.exec(text)?.[1]
  return major !== undefined && Number(major) < oldestServed() ? 'retired' : 'unknown'
}

function oldestServed(): number {
  return Math.min(...servedVersions.map((version) => Number.parseInt(version.slice(1), 10)))
}
