import { z } from '@hono/zod-openapi'
import type { DestinationRow } from '../db/queries/destination.ts'
import type { OrmRunner } from '../db/queries/orm-runner.ts'
import { findHolder, type Holder } from '../db/queries/sync.ts'
import type { SyncList } from '../db/schema/index.ts'
import type { Opened } from '../destinations/define.ts'
import { keptList } from '../destinations/made-list.ts'
import { type ApiProblem, conflict, unusable } from './problem.ts'

const listName = z.string().trim().min(1).max(200)

/** Which list a sync fills: one that exists, or one to be made. */
export const chosenList = z.union([
  z.strictObject({ id: z.string().trim().min(1).max(200) }),
  z.strictObject({ create: z.strictObject({ name: listName }) }),
])
export type ChosenList = z.output<typeof chosenList>

/** A list that exists and may be changed. @throws ApiProblem, DestinationFailure */
export async function existingList(opened: Opened, id: string): Promise<SyncList> {
  const list = await opened.readList(id)
  if (list.usable) return keptList(list, false)
  throw conflict(
    'list_unusable',
    list.problem ?? 'The platform says that members of this list cannot be changed now.',
    'Choose another list, or have a new one created.',
  )
}

/** @throws ApiProblem that names what is mapped and the list does not take */
export function refuseUnlessAccepted(
  accepts: readonly string[] | null,
  mapping: Readonly<Record<string, string>>,
): void {
  const strange = accepts ? Object.keys(mapping).filter((identifier) => !accepts.includes(identifier)) : []
  if (strange.length === 0) return
  throw unusable(
    'list_takes_others',
    `This list does not take ${strange.join(', ')}.`,
    `It takes ${accepts?.join(', ')}: map those, or choose another list.`,
    strange.map((identifier) => ({ path: `mapping.${identifier}`, message: 'The list does not take this identifier' })),
  )
}

/** @throws ApiProblem that names the sync which has the list */
export async function refuseIfTaken(
  tx: OrmRunner,
  { account }: Pick<DestinationRow, 'account'>,
  claim: { listId: string; keeping: 'mirror' | 'add_only'; syncId?: string },
): Promise<void> {
  const holder = await findHolder(tx, { account, ...claim })
  if (holder) throw taken(holder)
}

export const taken = ({ syncId, audience, keeping }: Holder): ApiProblem =>
  conflict(
    'list_taken',
    keeping === 'mirror'
      ? `The audience "${audience}" mirrors this list (sync ${syncId}): it would remove whoever else is put into it.`
      : `The audience "${audience}" adds to this list (sync ${syncId}): a mirror would remove the people it adds.`,
    'Choose another list or have a new one created, or delete that sync first.',
    { holder: { syncId, audience } },
  )
