import { shareCredentials } from './accounts.ts'
import type { AccountForm, Addressed } from './destinations.ts'
import { checkLinkedAccount, missing, readAccounts, readDestinations } from './destinations.ts'
import type { Message } from './message.ts'
import { inner, text } from './message.ts'
import type { Context } from './operation.ts'
import type { Account } from './state.ts'
import type { Violation } from './status-error.ts'
import { refuse } from './status-error.ts'

/** A data stream of a property that the caller may send events to. */
export interface EventTarget extends Addressed {
  account: Account
  stream: 'web' | 'app'
}

const property: AccountForm = {
  accountType: 'GOOGLE_ANALYTICS_PROPERTY',
  id: /^\d{1,15}$/,
  words: 'Ids of Google Analytics properties are digits.',
}

/** The data streams that a request is for; what is wrong goes to `violations`, and no right to a property ends it at once. */
export function readEventTargets(context: Context, request: Message, violations: Violation[]): EventTarget[] {
  return readDestinations(request, violations, (sent, at) => findStream(context, sent, at, violations))
}

function findStream(
  { state, caller }: Context,
  sent: Message,
  at: string,
  violations: Violation[],
): Pick<EventTarget, 'account' | 'stream'> | undefined {
  const before = violations.length
  if (text(inner(sent, 'operatingAccount'), 'accountType') === 'GOOGLE_ADS') {
    violations.push({
      field: `${at}.product_destination_id`,
      description: 'Conversion action ID is not valid. The sandbox has no conversion actions.',
      reason: 'INVALID_CONVERSION_ACTION_ID',
    })
    return undefined
  }
  const { operatingId, loginId } = readAccounts(sent, property, at, violations)
  if (loginId !== undefined && loginId !== operatingId)
    violations.push({
      field: `${at}.login_account`,
      description: 'The login account must be the same as the operating account for the given use case.',
      reason: 'OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH',
    })
  checkLinkedAccount(sent, at, violations)
  const streamId = text(sent, 'productDestinationId')
  if (streamId === '') violations.push(missing(`${at}.product_destination_id`))
  if (violations.length > before) return undefined
  const account = [...state.accounts.values()].find(
    (known) => known.analytics.propertyId === operatingId && shareCredentials(known, caller),
  )
  if (account === undefined || account.access === 'none' || account.analytics.role !== 'editor')
    throw refuse.permission()
  const { measurementId, firebaseAppId } = account.analytics
  if (streamId === measurementId) return { account, stream: 'web' }
  if (streamId === firebaseAppId) return { account, stream: 'app' }
  violations.push({
    field: `${at}.product_destination_id`,
    description: 'This Destination is not valid.',
    reason: 'INVALID_DESTINATION',
  })
  return undefined
}
