import { shareCredentials } from './accounts.ts'
import type { MemberKind } from './member-kinds.ts'
import { memberKinds } from './member-kinds.ts'
import type { Message } from './message.ts'
import { inner, innerList, text } from './message.ts'
import type { Account, GoogleState, UserList } from './state.ts'
import type { Violation } from './status-error.ts'
import { refuse } from './status-error.ts'

/** A destination of a request whose list was found, in an account that the caller may act on. */
export interface Target {
  index: number
  reference: string
  sent: Message
  account: Account
  list: UserList
}

const MOST_DESTINATIONS = 10

/** The lists that a request is for; what is wrong goes to `violations`, and no right to an account ends it at once. */
export function readTargets(
  caller: { state: GoogleState; caller: Account },
  request: Message,
  violations: Violation[],
): Target[] {
  const sent = innerList(request, 'destinations')
  if (sent.length === 0) violations.push(missing('destinations'))
  if (sent.length > MOST_DESTINATIONS) {
    const description = `Maximum number of destinations allowed per request is ${MOST_DESTINATIONS}.`
    violations.push({ field: 'destinations', description, reason: 'TOO_MANY_DESTINATIONS' })
    return []
  }
  const references = new Set<string>()
  return sent.flatMap((destination, index) => {
    const at = `destinations[${index}]`
    const reference = text(destination, 'reference')
    if (reference !== '' && references.has(reference))
      violations.push({
        field: `${at}.reference`,
        description: 'Two or more destinations in the request have the same reference.',
        reason: 'DUPLICATE_DESTINATION_REFERENCE',
      })
    references.add(reference)
    const found = findList(caller, destination, at, violations)
    return found === undefined ? [] : [{ index, reference, sent: destination, ...found }]
  })
}

function findList(
  { state, caller }: { state: GoogleState; caller: Account },
  destination: Message,
  at: string,
  violations: Violation[],
): Pick<Target, 'account' | 'list'> | undefined {
  const before = violations.length
  const operating = readAccount(inner(destination, 'operatingAccount'), `${at}.operating_account`, violations)
  const login = inner(destination, 'loginAccount')
  const loginId =
    Object.keys(login).length === 0 ? undefined : readAccount(login, `${at}.login_account`, violations).accountId
  if (Object.keys(inner(destination, 'linkedAccount')).length > 0)
    violations.push({
      field: `${at}.linked_account`,
      description: 'Linked account is only supported when the login account is a `DATA_PARTNER` account.',
      reason: 'LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT',
    })
  const listId = text(destination, 'productDestinationId')
  if (listId === '') violations.push(missing(`${at}.product_destination_id`))
  else if (!/^\d{1,19}$/.test(listId))
    violations.push({
      field: `${at}.product_destination_id`,
      description: 'This Destination is not valid.',
      reason: 'INVALID_DESTINATION',
    })
  if (violations.length > before) return undefined
  const account = reachAccount(state, caller, { operatingId: operating.accountId, loginId })
  const list = state.lists.get(listId)
  if (list !== undefined && list.accountId === account.id && !list.deleted) return { account, list }
  violations.push({
    field: `${at}.product_destination_id`,
    description: 'User list is not valid.',
    reason: 'INVALID_USER_LIST_ID',
  })
  return undefined
}

/**
 * The account, unless the caller may not act on it in this way. The login account must be one where the user is at home:
 * the account itself when it has its own users, or the manager.
 */
export function reachAccount(
  state: GoogleState,
  caller: Account,
  { operatingId, loginId }: { operatingId: string; loginId: string | undefined },
): Account {
  const account = state.accounts.get(operatingId)
  if (account === undefined || !shareCredentials(account, caller) || account.access === 'none')
    throw refuse.permission()
  const login = loginId ?? operatingId
  const allowed = account.access === 'direct' ? [account.id, account.managerId] : [account.managerId]
  if (!allowed.includes(login)) throw refuse.permission()
  return account
}

function readAccount(sent: Message, at: string, violations: Violation[]): { accountId: string } {
  const accountId = text(sent, 'accountId')
  const product = text(sent, 'product').replace('PRODUCT_UNSPECIFIED', '')
  const accountType = text(sent, 'accountType').replace('ACCOUNT_TYPE_UNSPECIFIED', '') || product
  if (accountId === '') violations.push(missing(`${at}.account_id`))
  else if (!/^\d{10}$/.test(accountId))
    violations.push({
      field: `${at}.account_id`,
      description: 'Format is invalid. Ids of Google Ads accounts are ten digits without hyphens.',
      reason: 'INVALID_FORMAT',
    })
  if (accountType === '') violations.push(missing(`${at}.account_type`))
  else if (accountType !== 'GOOGLE_ADS' || (product !== '' && product !== accountType))
    violations.push({
      field: `${at}.account_type`,
      description: 'The destination account type does not match the specified account id.',
      reason: 'DESTINATION_ACCOUNT_TYPE_MISMATCH',
    })
  return { accountId }
}

/** Whether the lists take this kind of member, and whether they take anybody at all. */
export function checkLists(targets: readonly Target[], kind: MemberKind, adds: boolean, violations: Violation[]): void {
  for (const { index, list } of targets) {
    const field = `destinations[${index}].product_destination_id`
    if (list.uploadKeyType !== memberKinds[kind].uploadKeyType)
      violations.push({
        field,
        description: 'Type of the user list is not applicable for this request.',
        reason: 'INVALID_USER_LIST_TYPE',
      })
    if (list.sensitive)
      violations.push({
        field,
        description: 'A user list which is privacy sensitive or legal rejected cannot be mutated by external users.',
        reason: 'SENSITIVE_USER_LIST_IMMUTABLE',
      })
    else if (adds && list.membershipStatus === 'CLOSED')
      violations.push({
        field,
        description: 'This Destination is not valid. The user list is closed.',
        reason: 'INVALID_DESTINATION',
      })
  }
}

export function missing(field: string): Violation {
  return { field, description: 'Required field is missing.', reason: 'REQUIRED_FIELD_MISSING' }
}
