import { hash } from 'node:crypto'

/**
 * The id of the event that tells of a member's join or leave, as the text of a uuid. It follows from what the ledger keeps of
 * it, so that whoever sends it again, after whatever crash, sends the same event.
 */
export function eventIdOf(syncId: string, memberKey: string, action: 'added' | 'removed', at: Date): string {
  const hex = hash('sha256', `${syncId} ${memberKey} ${action} ${at.getTime()}`)
  // version 8: made in a way of one's own
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
