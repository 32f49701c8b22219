import type { AudienceName } from '../../define-events.ts'
import { slugOf } from '../../event-names.ts'
import type { SyncSettings } from './sync-settings.ts'

const LONGEST = 24

/** The user property whose latest value says whether somebody is in the audience. */
export const statePropertyOf = (audience: AudienceName, settings: Pick<SyncSettings, 'stateProperty'>): string =>
  settings.stateProperty ?? `seg_${slugOf(audience, LONGEST - 'seg_'.length)}`

export const IN = 'in'
export const OUT = 'out'
