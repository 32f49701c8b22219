import { z } from '@hono/zod-openapi'
import { refreshShare } from '../db/queries/deliver.ts'
import type { LastDelivery } from '../db/queries/last-delivery.ts'
import type { SyncWithNames } from '../db/queries/sync.ts'
import { id, iso, isoOrNull, moment, standingProblem } from './present.ts'

const states = ['in_step', 'running', 'waiting', 'held', 'needs_attention', 'off'] as const

/** How a sync stands at this moment, in one word and one sentence. */
export const standing = z
  .object({
    state: z.enum(states),
    says: z.string().openapi({ description: 'Why, in a sentence' }),
    next: z.string().nullable().openapi({ description: 'What to do, where a person must act' }),
  })
  .openapi('Standing')

export const lastDelivery = z
  .object({
    id,
    runId: id,
    status: z.string(),
    joined: z.number(),
    left: z.number(),
    updated: z.number(),
    held: z.number(),
    unusable: z.number(),
    rejected: z.number(),
    startedAt: moment,
    uploadedAt: moment.nullable(),
    settledAt: moment.nullable(),
    problem: standingProblem.nullable(),
  })
  .openapi('LastDelivery')

type Standing = z.output<typeof standing>

const people = (count: number) => (count === 1 ? '1 person' : `${count.toLocaleString('en-US')} people`)
const say = (state: Standing['state'], says: string, next: string | null = null): Standing => ({ state, says, next })

/** The first of these that holds is what a person should know of the sync. */
export function standingOf(sync: SyncWithNames, last: LastDelivery | undefined): Standing {
  const { audience, destination } = sync
  const held = last?.status === 'held' ? last.counts.held : 0
  if (sync.intent === 'empty') return say('running', words[sync.mode].emptying)
  if (audience.status === 'archived') return say('off', 'The audience is archived.')
  if (!sync.enabled) return say('off', 'The sync is switched off.')
  if (destination.status === 'needs_attention')
    return say('needs_attention', `${destination.name} needs attention.`, 'Reconnect the destination.')
  if (sync.problem) return say('needs_attention', sync.problem.what, sync.problem.next)
  if (held > 0)
    return say(
      'held',
      `${people(held)} would be ${words[sync.mode].removed}, and wait for a person.`,
      'Approve or discard it.',
    )
  if (last && ['planned', 'hashing', 'uploading'].includes(last.status))
    return say('running', runningWords[last.status] ?? '')
  return calm(sync, last)
}

const words = {
  list: {
    emptying: 'Everybody is being removed from its list.',
    removed: 'removed',
    inStep: 'The list holds what the audience holds.',
  },
  event: {
    emptying: 'It is being announced that everybody has left.',
    removed: 'announced as gone',
    inStep: 'Every join and leave was announced.',
  },
} as const

const runningWords: Readonly<Record<string, string>> = {
  planned: 'What joined and left is known; it is being prepared.',
  hashing: 'Identifiers are being normalised and hashed.',
  uploading: 'Batches are being uploaded.',
}

/**
 * What a pause does where the platform forgets members who are not sent again in time: it falls silent on nobody, so it is
 * told before, and after.
 */
function paused({ listForgetsAfterMs: forgets, lastDeliveredAt }: SyncWithNames): Standing {
  const silentMs = lastDeliveredAt === null ? 0 : Date.now() - lastDeliveredAt.getTime()
  if (forgets === null || silentMs < forgets * refreshShare)
    return say('waiting', 'The audience is paused.', 'Resume the audience.')
  const says =
    silentMs < forgets
      ? `The audience is paused, and the platform forgets its members from ${iso(new Date(Date.now() + forgets - silentMs)).slice(0, 10)} on.`
      : 'The audience has been paused for so long that the platform has forgotten its members.'
  return say('needs_attention', says, 'Resume the audience: everybody is sent again.')
}

function calm(sync: SyncWithNames, last: LastDelivery | undefined): Standing {
  const { audience, listId, lastDeliveredAt, retryAt, mode } = sync
  if (audience.status === 'draft') return say('waiting', 'The audience is a draft.', 'Activate the audience.')
  if (audience.paused) return paused(sync)
  if (listId === null) return say('needs_attention', 'No list is chosen.', 'Choose a list.')
  if (retryAt) return say('waiting', 'It could not be finished and is tried again by itself.')
  if (last?.status === 'uploaded')
    return say('waiting', 'Everything was sent; the platform has not confirmed all of it yet.')
  if (last?.status === 'discarded') return say('waiting', 'Held leaves were discarded; the next run judges afresh.')
  if (last?.status === 'cancelled') return say('waiting', 'The last delivery was cancelled; the next run catches up.')
  if (last?.status === 'superseded') return say('waiting', 'Settings changed; a new run follows.')
  if (!lastDeliveredAt && !last) return say('waiting', 'Nothing was sent yet; the next run begins.')
  return say('in_step', words[mode].inStep)
}

export const presentLast = (last: LastDelivery | undefined) =>
  last === undefined
    ? null
    : {
        id: last.id,
        runId: last.runId,
        status: last.status,
        joined: last.counts.joined,
        left: last.counts.left,
        updated: last.counts.updated,
        held: last.status === 'held' ? last.counts.held : 0,
        unusable: last.counts.unusable,
        rejected: last.counts.rejected,
        startedAt: iso(last.startedAt),
        uploadedAt: isoOrNull(last.uploadedAt),
        settledAt: isoOrNull(last.settledAt),
        problem: last.problem,
      }
