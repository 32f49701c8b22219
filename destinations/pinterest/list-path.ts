import { DestinationFailure } from '../failure.ts'

/** A list's place below the ad account. It is named by a number; anything else would reach another place. */
export function listPath(listId: string): string {
  if (/^[0-9]{1,30}$/.test(listId)) return `/customer_lists/${listId}`
  throw new DestinationFailure(
    'config',
    'A customer list at Pinterest is named by a number, and this id is none. Choose a list of the ad account, or let a new one be made.',
    { code: 'list-id' },
  )
}
