import { acceptTerms, readAccount, readPermissions, readTerms } from './account-edges.ts'
import {
  createAudience,
  deleteAudience,
  listAudiences,
  readAudience,
  readSessions,
  updateAudience,
} from './audiences.ts'
import { listPixels, readPixel } from './datasets.ts'
import type { AudienceContext, Context, Outcome } from './operation.ts'
import { sendEvents } from './send-events.ts'
import type { MetaState } from './state.ts'
import { addUsers, eraseUsers, removeUsers, replaceUsers } from './users.ts'

interface Rules {
  /** Permission that the token needs, if any; reading is also allowed with the right to manage. */
  needs?: 'ads_read' | 'ads_management'
  /** Refused until the Custom Audience terms are accepted and the account belongs to a business. */
  needsTerms?: boolean
}

export type Operation = Rules &
  (
    | { on: 'account' | 'user' | 'dataset'; run: (context: Context) => Outcome }
    | { on: 'audience'; changesMembers?: boolean; run: (context: AudienceContext) => Outcome }
  )

/** Every operation by its name in the request log and in faults. */
export const operations = {
  read_permissions: { on: 'user', run: readPermissions },
  read_account: { on: 'account', needs: 'ads_read', run: readAccount },
  list_audiences: { on: 'account', needs: 'ads_read', run: listAudiences },
  create_audience: { on: 'account', needs: 'ads_management', needsTerms: true, run: createAudience },
  erase_users: { on: 'account', needs: 'ads_management', needsTerms: true, run: eraseUsers },
  read_terms: { on: 'account', needs: 'ads_read', run: readTerms },
  accept_terms: { on: 'account', needs: 'ads_management', run: acceptTerms },
  read_audience: { on: 'audience', needs: 'ads_read', run: readAudience },
  update_audience: { on: 'audience', needs: 'ads_management', needsTerms: true, run: updateAudience },
  delete_audience: { on: 'audience', needs: 'ads_management', run: deleteAudience },
  add_users: { on: 'audience', needs: 'ads_management', needsTerms: true, changesMembers: true, run: addUsers },
  remove_users: { on: 'audience', needs: 'ads_management', needsTerms: true, changesMembers: true, run: removeUsers },
  replace_users: { on: 'audience', needs: 'ads_management', needsTerms: true, changesMembers: true, run: replaceUsers },
  list_pixels: { on: 'account', needs: 'ads_read', run: listPixels },
  read_pixel: { on: 'dataset', needs: 'ads_read', run: readPixel },
  send_events: { on: 'dataset', needs: 'ads_management', run: sendEvents },
  read_sessions: { on: 'audience', needs: 'ads_read', run: readSessions },
} satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

/** What a node is; `me` is the user behind the token, whose one account it stands for here. */
export function kindOf({ accounts }: MetaState, node: string, edge: string): Operation['on'] {
  if (node === 'me') return 'user'
  if (node.startsWith('act_')) return 'account'
  // Where events are sent to can only be a dataset, if it is anything.
  return edge === 'events' || [...accounts.values()].some(({ pixelId }) => pixelId === node) ? 'dataset' : 'audience'
}

/** Which operation a method on a node or one of its edges is. An edge that is not here does not exist. */
export const edges: Record<Operation['on'], Record<string, Record<string, OperationName>>> = {
  account: {
    '': { GET: 'read_account' },
    customaudiences: { GET: 'list_audiences', POST: 'create_audience' },
    usersofanyaudience: { DELETE: 'erase_users' },
    adspixels: { GET: 'list_pixels' },
    customaudiencestos: { GET: 'read_terms', POST: 'accept_terms' },
  },
  user: {
    permissions: { GET: 'read_permissions' },
  },
  dataset: {
    '': { GET: 'read_pixel' },
    events: { POST: 'send_events' },
  },
  audience: {
    '': { GET: 'read_audience', POST: 'update_audience', DELETE: 'delete_audience' },
    users: { POST: 'add_users', DELETE: 'remove_users' },
    usersreplace: { POST: 'replace_users' },
    sessions: { GET: 'read_sessions' },
  },
}
