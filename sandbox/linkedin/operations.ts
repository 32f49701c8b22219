import { changeCompanies, changeUsers } from './members.ts'
import type { AccountContext, Context, Outcome, SegmentContext } from './operation.ts'
import {
  createSegment,
  deleteSegment,
  deleteSegments,
  findAccountUsers,
  findSegments,
  readAccount,
  readDestination,
  readDestinations,
  readSegment,
  updateSegment,
} from './segments.ts'
import type { Scope } from './state.ts'

export type Operation = { needs: Scope[] } & (
  | { on: 'nothing'; run: (context: Context) => Outcome }
  | { on: 'account'; run: (context: AccountContext) => Outcome }
  | { on: 'segment'; run: (context: SegmentContext) => Outcome }
)

const ofSegments: Scope[] = ['rw_dmp_segments']
const ofAds: Scope[] = ['rw_ads', 'r_ads']

/** Every operation by its name in the request log and in faults. `needs`: one of these scopes. */
export const operations = {
  create_segment: { on: 'nothing', needs: ofSegments, run: createSegment },
  find_segments: { on: 'nothing', needs: ofSegments, run: findSegments },
  delete_segments: { on: 'nothing', needs: ofSegments, run: deleteSegments },
  read_segment: { on: 'segment', needs: ofSegments, run: readSegment },
  update_segment: { on: 'segment', needs: ofSegments, run: updateSegment },
  delete_segment: { on: 'segment', needs: ofSegments, run: deleteSegment },
  read_destinations: { on: 'segment', needs: ofSegments, run: readDestinations },
  read_destination: { on: 'segment', needs: ofSegments, run: readDestination },
  change_users: { on: 'segment', needs: ofSegments, run: changeUsers },
  change_companies: { on: 'segment', needs: ofSegments, run: changeCompanies },
  read_account: { on: 'account', needs: ofAds, run: readAccount },
  find_account_users: { on: 'nothing', needs: ofAds, run: findAccountUsers },
} satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

/** Paths after `/rest`, `{id}` standing for digits, with the operation of each method. */
export const routes: Record<string, Partial<Record<string, OperationName>>> = {
  '/dmpSegments': { POST: 'create_segment', GET: 'find_segments', DELETE: 'delete_segments' },
  '/dmpSegments/{id}': { GET: 'read_segment', POST: 'update_segment', DELETE: 'delete_segment' },
  '/dmpSegments/{id}/destinations': { GET: 'read_destinations' },
  '/dmpSegments/{id}/destinations/LINKEDIN': { GET: 'read_destination' },
  '/dmpSegments/{id}/users': { POST: 'change_users' },
  '/dmpSegments/{id}/companies': { POST: 'change_companies' },
  '/adAccounts/{id}': { GET: 'read_account' },
  '/adAccountUsers': { GET: 'find_account_users' },
}
