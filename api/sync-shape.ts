import { z } from '@hono/zod-openapi'
import type { SyncWithNames } from '../db/queries/sync.ts'
import { findSync } from '../db/queries/sync.ts'
import { splitMapping } from '../destinations/properties.ts'
import type { Deps } from './deps.ts'
import { id, iso, isoOrNull, moment, standingProblem } from './present.ts'
import { notFound } from './problem.ts'

const listOfSync = z.object({
  id: z.string(),
  name: z.string(),
  created: z.boolean().openapi({ description: 'Whether it was made for this sync' }),
})

export const whenListGone = z.enum(['ask', 'recreate']).openapi({
  description:
    'What is done when the platform says that the list was deleted: `ask` waits for a person, `recreate` makes it again and sends everybody to it. A list that may only be hidden from the credentials always waits',
})

export const sync = z
  .object({
    id,
    audienceId: id,
    audience: z.object({ id, name: z.string() }),
    destinationId: id,
    destination: z.object({
      id,
      name: z.string(),
      platform: z.string(),
      status: z.enum(['connected', 'needs_attention']),
    }),
    mode: z.enum(['list', 'event']),
    keeping: z.enum(['mirror', 'add_only']).openapi({
      description: '`mirror` removes who left the audience; `add_only` never removes',
    }),
    list: listOfSync.nullable().openapi({ description: 'Null for an event sync' }),
    listWanted: z.string().nullable().openapi({ description: 'The name of a list that is being made' }),
    nextList: listOfSync.nullable().openapi({ description: 'Where it moves once its list is empty' }),
    whenListGone,
    listCheckedAt: moment.nullable().openapi({ description: 'When its list was last seen at the platform by itself' }),
    mapping: z.record(z.string(), z.string()).openapi({ description: 'Platform identifier to audience field' }),
    properties: z
      .record(z.string(), z.string())
      .openapi({ description: 'Of an event sync: name of an event property to audience field' }),
    onlyChanges: z.boolean().openapi({
      description: 'Of an event sync: whoever is in at the next run counts as announced, and nothing is sent for them',
    }),
    madeAudience: z
      .object({
        id: z.string(),
        name: z.string(),
        facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
      })
      .nullable()
      .openapi({ description: 'Of an event sync: the audience at the platform that was made for its events' }),
    settings: z.record(z.string(), z.unknown()).openapi({ description: 'See `syncSettings` of the platform' }),
    enabled: z.boolean(),
    emptying: z.boolean().openapi({ description: 'Whether everybody is being removed from its list' }),
    version: z.number(),
    problem: standingProblem.nullable(),
    lastDeliveredAt: moment.nullable(),
    retryAt: moment.nullable(),
    createdAt: moment,
    updatedAt: moment,
  })
  .openapi('Sync')

export const presentSync = ({ destination: { id, name, platform, status }, ...row }: SyncWithNames) => ({
  id: row.id,
  audienceId: row.audienceId,
  audience: { id: row.audience.id, name: row.audience.name },
  destinationId: row.destinationId,
  destination: { id, name, platform, status },
  mode: row.mode,
  keeping: row.keeping,
  list:
    row.mode === 'event' || row.listId === null
      ? null
      : { id: row.listId, name: row.listName ?? row.listId, created: row.listCreated },
  listWanted: row.listWanted,
  nextList: row.nextList,
  whenListGone: row.whenListGone,
  listCheckedAt: isoOrNull(row.listCheckedAt),
  mapping: splitMapping(row.mapping).identifiers,
  properties: splitMapping(row.mapping).properties,
  onlyChanges: row.baseline,
  madeAudience: row.madeAudience,
  settings: row.settings,
  enabled: row.enabled,
  emptying: row.intent === 'empty',
  version: row.version,
  problem: row.problem,
  lastDeliveredAt: isoOrNull(row.lastDeliveredAt),
  retryAt: isoOrNull(row.retryAt),
  createdAt: iso(row.createdAt),
  updatedAt: iso(row.updatedAt),
})

export async function mustFindSync({ db }: Pick<Deps, 'db'>, id: string): Promise<SyncWithNames> {
  const row = await findSync(db.orm, id)
  if (!row) throw notFound('sync')
  return row
}
