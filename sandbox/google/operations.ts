import { ingestMembers, removeAllMembers, removeMembers } from './audience-members.ts'
import { ingestEvents } from './ingest-events.ts'
import type { Context, Outcome } from './operation.ts'
import type { QuotaGroup } from './quota.ts'
import { retrieveStatus } from './request-status.ts'
import { createList, deleteList, listLists, readList, updateList } from './user-lists.ts'

export interface Operation {
  method: string
  /** What the path must be; its groups become the parts of the context. */
  path: RegExp
  quota: QuotaGroup
  /** For one whose rows are events: members, else. */
  rows?: 'events'
  run(context: Context): Outcome
}

const lists = /^\/v1\/accountTypes\/([^/]+)\/accounts\/([^/]+)\/userLists$/
const list = /^\/v1\/accountTypes\/([^/]+)\/accounts\/([^/]+)\/userLists\/([^/]+)$/

/** Every operation by its name in the request log and in faults. */
export const operations = {
  ingest_members: {
    method: 'POST',
    path: /^\/v1\/audienceMembers:ingest$/,
    quota: 'ingestion_write',
    run: ingestMembers,
  },
  remove_members: {
    method: 'POST',
    path: /^\/v1\/audienceMembers:remove$/,
    quota: 'ingestion_write',
    run: removeMembers,
  },
  remove_all_members: {
    method: 'POST',
    path: /^\/v1\/audienceMembers:removeAll$/,
    quota: 'ingestion_write',
    run: removeAllMembers,
  },
  ingest_events: {
    method: 'POST',
    path: /^\/v1\/events:ingest$/,
    quota: 'ingestion_write',
    rows: 'events',
    run: ingestEvents,
  },
  retrieve_status: {
    method: 'GET',
    path: /^\/v1\/requestStatus:retrieve$/,
    quota: 'ingestion_read',
    run: retrieveStatus,
  },
  create_list: { method: 'POST', path: lists, quota: 'other', run: createList },
  list_lists: { method: 'GET', path: lists, quota: 'other', run: listLists },
  read_list: { method: 'GET', path: list, quota: 'other', run: readList },
  update_list: { method: 'PATCH', path: list, quota: 'other', run: updateList },
  delete_list: { method: 'DELETE', path: list, quota: 'other', run: deleteList },
} satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

/** The operation of a request, and the parts of its path that stand for something. */
export function findOperation(method: string, path: string): { name: OperationName; parts: string[] } | undefined {
  for (const name of Object.keys(operations)) {
    if (!isOperation(name) || operations[name].method !== method) continue
    const found = operations[name].path.exec(path)
    if (found) return { name, parts: found.slice(1) }
  }
  return undefined
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(operations, name)
}
