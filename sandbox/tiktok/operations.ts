import {
  changeAudience,
  deleteAudiences,
  getAudiences,
  listAudiences,
  readAdvertisers,
  updateAudience,
} from './audiences.ts'
import { mapMembers } from './mapping.ts'
import type { Run } from './operation.ts'
import type { Lane } from './rate-limit.ts'
import { trackEvents } from './track-events.ts'

export interface Operation {
  name: string
  method: 'GET' | 'POST'
  lane: Lane
  /** Refused where the token may not work with audiences. */
  ofAudiences: boolean
  run: Run
}

const post = { method: 'POST', lane: 'usual', ofAudiences: true } as const
const get = { method: 'GET', lane: 'usual', ofAudiences: true } as const

/** By the path after the version, which ends with a slash. */
export const operations: Record<string, Operation> = {
  '/segment/audience/': { ...post, name: 'change_audience', lane: 'stream', run: changeAudience },
  '/segment/mapping/': { ...post, name: 'map_members', lane: 'stream', run: mapMembers },
  '/dmp/custom_audience/list/': { ...get, name: 'list_audiences', run: listAudiences },
  '/dmp/custom_audience/get/': { ...get, name: 'get_audiences', run: getAudiences },
  '/dmp/custom_audience/update/': { ...post, name: 'update_audience', run: updateAudience },
  '/dmp/custom_audience/delete/': { ...post, name: 'delete_audiences', run: deleteAudiences },
  '/event/track/': { ...post, name: 'track_events', lane: 'stream', ofAudiences: false, run: trackEvents },
  '/advertiser/info/': { ...get, name: 'read_advertisers', ofAudiences: false, run: readAdvertisers },
}
