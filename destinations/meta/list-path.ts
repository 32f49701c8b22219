import { DestinationFailure } from '../failure.ts'

/** The list's place in the API. A list at Meta is named by a number; anything else would reach another place. */
export function listPath(listId: string): readonly [string] {
  if (/^[0-9]{1,30}$/.test(listId)) return [listId]
  throw new DestinationFailure(
    'config',
    'A list at Meta is named by a number, and this id is none. Choose a list of the ad account, or let a new one be made.',
    { code: 'list-id' },
  )
}
