import { DestinationFailure } from '../failure.ts'

/** A segment's place in the API. It is named by a number; anything else would reach another place. */
export function segmentPath(listId: string): string {
  if (/^[0-9]{1,30}$/.test(listId)) return `/dmpSegments/${listId}`
  throw new DestinationFailure(
    'config',
    'A segment at LinkedIn is named by a number, and this id is none. Choose a list of the ad account, or let a new one be made.',
    { code: 'list-id' },
  )
}
