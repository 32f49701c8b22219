import type { Scope } from './accounts.ts'
import { readAccounts } from './accounts.ts'
import { createEvent, createEvents, EVENTS } from './events.ts'
import { importProfiles, readJob, readJobErrors, readJobProfileIds, readJobProfiles, readJobs } from './import-jobs.ts'
import {
  addMembers,
  createList,
  deleteList,
  readList,
  readListProfileIds,
  readListProfiles,
  readLists,
  removeMembers,
  updateList,
} from './lists.ts'
import type { Context, Outcome } from './operation.ts'
import {
  createOne,
  mergeOne,
  readProfile,
  readProfiles,
  requestDeletion,
  updateOne,
  upsertOne,
} from './profile-calls.ts'
import type { Tier } from './rate-limit.ts'
import { subscribe, suppress, unsubscribe, unsuppress } from './subscriptions.ts'

export interface Operation {
  method: string
  /** With `{id}` for what stands for an id. */
  path: string
  tier: Tier
  perDay?: number
  scopes: readonly Scope[]
  /** The largest body in bytes, and how the refusal words it. */
  largest?: readonly [bytes: number, words: string]
  /** Where the rows of its body stand, for refusals that name one. */
  rows?: string
  run(context: Context): Outcome
}

const MEGABYTE = 1024 * 1024
const profileSize = [100 * 1024, '100KB'] as const
const batchSize = [5 * MEGABYTE, '5MB'] as const
const subscribing = ['lists:write', 'profiles:write', 'subscriptions:write'] as const
const rows = '/data/attributes/profiles/data'

/** Every operation by its name in the specification, which is its name in the request log and in faults. */
export const operations = {
  get_accounts: { method: 'GET', path: '/api/accounts', tier: 'XS', scopes: ['accounts:read'], run: readAccounts },
  get_lists: { method: 'GET', path: '/api/lists', tier: 'L', scopes: ['lists:read'], run: readLists },
  create_list: {
    method: 'POST',
    path: '/api/lists',
    tier: 'M',
    perDay: 150,
    scopes: ['lists:write'],
    run: createList,
  },
  get_list: { method: 'GET', path: '/api/lists/{id}', tier: 'L', scopes: ['lists:read'], run: readList },
  update_list: { method: 'PATCH', path: '/api/lists/{id}', tier: 'M', scopes: ['lists:write'], run: updateList },
  delete_list: { method: 'DELETE', path: '/api/lists/{id}', tier: 'M', scopes: ['lists:write'], run: deleteList },
  get_profiles_for_list: {
    method: 'GET',
    path: '/api/lists/{id}/profiles',
    tier: 'L',
    scopes: ['lists:read', 'profiles:read'],
    run: readListProfiles,
  },
  get_profile_ids_for_list: {
    method: 'GET',
    path: '/api/lists/{id}/relationships/profiles',
    tier: 'L',
    scopes: ['lists:read', 'profiles:read'],
    run: readListProfileIds,
  },
  add_profiles_to_list: {
    method: 'POST',
    path: '/api/lists/{id}/relationships/profiles',
    tier: 'M',
    scopes: ['lists:write', 'profiles:write'],
    rows: '/data',
    run: addMembers,
  },
  remove_profiles_from_list: {
    method: 'DELETE',
    path: '/api/lists/{id}/relationships/profiles',
    tier: 'M',
    scopes: ['lists:write', 'profiles:write'],
    rows: '/data',
    run: removeMembers,
  },
  get_profiles: { method: 'GET', path: '/api/profiles', tier: 'L', scopes: ['profiles:read'], run: readProfiles },
  create_profile: {
    method: 'POST',
    path: '/api/profiles',
    tier: 'L',
    scopes: ['profiles:write'],
    largest: profileSize,
    run: createOne,
  },
  get_profile: { method: 'GET', path: '/api/profiles/{id}', tier: 'L', scopes: ['profiles:read'], run: readProfile },
  update_profile: {
    method: 'PATCH',
    path: '/api/profiles/{id}',
    tier: 'L',
    scopes: ['profiles:write'],
    largest: profileSize,
    run: updateOne,
  },
  create_or_update_profile: {
    method: 'POST',
    path: '/api/profile-import',
    tier: 'L',
    scopes: ['profiles:write'],
    largest: profileSize,
    run: upsertOne,
  },
  merge_profiles: {
    method: 'POST',
    path: '/api/profile-merge',
    tier: 'M',
    scopes: ['profiles:write'],
    run: mergeOne,
  },
  request_profile_deletion: {
    method: 'POST',
    path: '/api/data-privacy-deletion-jobs',
    tier: 'S',
    scopes: ['data-privacy:write'],
    run: requestDeletion,
  },
  bulk_import_profiles: {
    method: 'POST',
    path: '/api/profile-bulk-import-jobs',
    tier: 'M',
    scopes: ['lists:write', 'profiles:write'],
    largest: batchSize,
    rows,
    run: importProfiles,
  },
  get_bulk_import_profiles_jobs: {
    method: 'GET',
    path: '/api/profile-bulk-import-jobs',
    tier: 'M',
    scopes: ['lists:read', 'profiles:read'],
    run: readJobs,
  },
  get_bulk_import_profiles_job: {
    method: 'GET',
    path: '/api/profile-bulk-import-jobs/{id}',
    tier: 'M',
    scopes: ['lists:read', 'profiles:read'],
    run: readJob,
  },
  get_errors_for_bulk_import_profiles_job: {
    method: 'GET',
    path: '/api/profile-bulk-import-jobs/{id}/import-errors',
    tier: 'M',
    scopes: ['profiles:read'],
    run: readJobErrors,
  },
  get_profiles_for_bulk_import_profiles_job: {
    method: 'GET',
    path: '/api/profile-bulk-import-jobs/{id}/profiles',
    tier: 'M',
    scopes: ['profiles:read'],
    run: readJobProfiles,
  },
  get_profile_ids_for_bulk_import_profiles_job: {
    method: 'GET',
    path: '/api/profile-bulk-import-jobs/{id}/relationships/profiles',
    tier: 'M',
    scopes: ['profiles:read'],
    run: readJobProfileIds,
  },
  bulk_subscribe_profiles: {
    method: 'POST',
    path: '/api/profile-subscription-bulk-create-jobs',
    tier: 'L',
    scopes: subscribing,
    largest: batchSize,
    rows,
    run: subscribe,
  },
  bulk_unsubscribe_profiles: {
    method: 'POST',
    path: '/api/profile-subscription-bulk-delete-jobs',
    tier: 'L',
    scopes: subscribing,
    largest: batchSize,
    rows,
    run: unsubscribe,
  },
  bulk_suppress_profiles: {
    method: 'POST',
    path: '/api/profile-suppression-bulk-create-jobs',
    tier: 'L',
    scopes: ['profiles:write', 'subscriptions:write'],
    largest: batchSize,
    rows,
    run: suppress,
  },
  bulk_unsuppress_profiles: {
    method: 'POST',
    path: '/api/profile-suppression-bulk-delete-jobs',
    tier: 'L',
    scopes: ['subscriptions:write'],
    largest: batchSize,
    rows,
    run: unsuppress,
  },
  create_event: { method: 'POST', path: '/api/events', tier: 'XL', scopes: ['events:write'], run: createEvent },
  bulk_create_events: {
    method: 'POST',
    path: '/api/event-bulk-create-jobs',
    tier: 'M',
    scopes: ['events:write'],
    largest: batchSize,
    rows: EVENTS,
    run: createEvents,
  },
} satisfies Record<string, Operation>

const patterns = Object.entries<Operation>(operations).map(([name, operation]) => ({
  name,
  operation,
  pattern: new RegExp(`^${operation.path.replace('{id}', '([^/]+)')}/?$`),
}))

export interface Found {
  /** `unknown` where the path is nothing, or does not know the method. */
  name: string
  operation: Operation | undefined
  id: string
  pathIsKnown: boolean
}

/** The operation of a request; a slash at the end of a path is as good as none. */
export function findOperation(method: string, path: string): Found {
  const known = patterns.filter(({ pattern }) => pattern.test(path))
  const found = known.find(({ operation }) => operation.method === method)
  if (found === undefined) return { name: 'unknown', operation: undefined, id: '', pathIsKnown: known.length > 0 }
  const id = found.pattern.exec(path)?.[1] ?? ''
  return { name: found.name, operation: found.operation, id, pathIsKnown: true }
}
