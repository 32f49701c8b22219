import type { AudienceName } from '../define-events.ts'
import { slugOf } from '../event-names.ts'
import { LONGEST_USER_PROPERTY } from './api.ts'
import type { Ga4Sync } from './connection.ts'

const PREFIX = 'seg_'

/** The user property whose latest value says whether somebody is in the audience. */
export const statePropertyOf = (audience: AudienceName, { stateProperty }: Pick<Ga4Sync, 'stateProperty'>): string =>
  stateProperty ?? PREFIX + slugOf(audience, LONGEST_USER_PROPERTY - PREFIX.length)

export const IN = 'in'
export const OUT = 'out'
