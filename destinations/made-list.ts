import type { List, Opened } from './define.ts'

/** What a sync keeps of its list. */
export type KeptList = {
  readonly id: string
  readonly name: string
  readonly created: boolean
  readonly accepts: string[] | null
  readonly forgetsAfterMs: number | null
}

export const keptList = ({ id, name, accepts, forgetsAfterMs }: List, created: boolean): KeptList => ({
  id,
  name,
  created,
  accepts: accepts ? [...accepts] : null,
  forgetsAfterMs: forgetsAfterMs ?? null,
})

type WantedBySync = {
  readonly name: string
  readonly syncId: string
  readonly attempt: number
  readonly mapping: Readonly<Record<string, string>>
  readonly settings: unknown
}

/**
 * Makes the list of a sync, or finds what an interrupted call made: `attempt` tells the lists of one sync apart when it
 * needs a second one. @throws DestinationFailure
 */
export async function madeList(
  opened: Pick<Opened, 'findCreated' | 'createList'>,
  { name, syncId, attempt, mapping, settings }: WantedBySync,
): Promise<KeptList> {
  const wanted = {
    name,
    identifiers: Object.keys(mapping),
    settings,
    marker: `audience-sync-${syncId}${attempt > 0 ? `-${attempt}` : ''}`,
  }
  const list = (await opened.findCreated(wanted)) ?? (await opened.createList(wanted))
  return keptList(list, true)
}
