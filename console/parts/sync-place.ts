import type { Sync } from '../shapes.ts'

const places = {
  list: { tab: 'syncs', edit: 'map', editing: 'Map Schema' },
  event: { tab: 'events', edit: 'events', editing: 'Settings' },
} as const

type Placed = Pick<Sync, 'id' | 'audienceId' | 'mode' | 'list' | 'settings'>

/** Where the console shows a sync and where it is changed, by its mode. */
export const placeOf = ({ id, audienceId, mode }: Omit<Placed, 'list' | 'settings'>) => {
  const { tab, edit, editing } = places[mode]
  return { tab: `/audiences/${audienceId}/${tab}`, edit: `/audiences/${audienceId}/${edit}/${id}`, editing }
}

/** What a sync fills, or tells: its list by name, or its two events. */
export const fills = ({ mode, list, settings }: Omit<Placed, 'id' | 'audienceId'>): string => {
  if (mode === 'event') return `Events: ${settings.addedEvent}, ${settings.removedEvent}`
  return list ? `List: ${list.name}` : 'No list chosen'
}
