import { shareCredentials } from './accounts.ts'
import type { MemberKind } from './member-kinds.ts'
import { memberKinds } from './member-kinds.ts'
import type { Message } from './message.ts'
import { inner, innerList, text } from './message.ts'
import type { Account, GoogleState, UserList } from './state.ts'
import type { Violation } from './status-error.ts'
import { refuse } from './status-error.ts'

/** A destination of a request whose list was found, in an account that the caller may act on. */
export interface Target extends Addressed {
  account: Account
  list: UserList
}

const MOST_DESTINATIONS = 10

/** Where a destination stands in its request and how events and members refer to it. */
export interface Addressed {
  index: number
  reference: string
  sent: Message
}

/** The destinations of a request that `find` finds; what is wrong goes to `violations`. */
export function readDestinations<T>(
  request: Message,
  violations: Violation[],
  find: (destination: Message, at: string) => T | undefined,
): (Addressed & T)[] {
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
    const found = find(destination, at)
    return found === undefined ? [] : [{ index, reference, sent: destination, ...found }]
  })
}

/** The lists that a request is for; what is wrong goes to `violations`, and no right to an account ends it at once. */
export function readTargets(
  caller: { state: GoogleState; caller: Account },
  request: Message,
  violations: Violation[],
): Target[] {
  return readDestinations(request, violations, (destination, at) => findList(caller, destination, at, violations))
}

/** Notes references of a row, a member or an event, to destinations that the request does not have. */
export function checkReferences(
  references: readonly string[],
  targets: readonly Addressed[],
  at: string,
  violations: Violation[],
): void {
  for (const [index, reference] of references.entries())
    if (reference === '' || !targets.some((target) => target.reference === reference))
      violations.push({
        field: `${at}.destination_references[${index}]`,
        description: 'This Destination is not valid.',
        reason: 'INVALID_DESTINATION',
      })
}

function findList(
  { state, caller }: { state: GoogleState; caller: Account },
  destination: Message,
  at: string,
  violations: Violation[],
): Pick<Target, 'account' | 'list'> | undefined {
  const before = violations.length
  const { operatingId, loginId } = readAccounts(destination, adsAccount, at, violations)
  checkLinkedAccount(destination, at, violations)
  const listId = text(destination, 'productDestinationId')
  if (listId === '') violations.push(missing(`${at}.product_destination_id`))
  else if (!/^\d{1,19}$/.test(listId))
    violations.push({
      field: `${at}.product_destination_id`,
      description: 'This Destination is not valid.',
      reason: 'INVALID_DESTINATION',
    })
  if (violations.length > before) return undefined
  const account = reachAccount(state, caller, { operatingId, loginId })
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

export interface AccountForm {
  accountType: string
  id: RegExp
  /** What an id looks like, in words. */
  words: string
}

const adsAccount: AccountForm = {
  accountType: 'GOOGLE_ADS',
  id: /^\d{10}$/,
  words: 'Ids of Google Ads accounts are ten digits without hyphens.',
}

/** The ids of the accounts that a destination names; the login account is optional. */
export function readAccounts(
  destination: Message,
  form: AccountForm,
  at: string,
  violations: Violation[],
): { operatingId: string; loginId: string | undefined } {
  const login = inner(destination, 'loginAccount')
  return {
    operatingId: readAccount(inner(destination, 'operatingAccount'), form, `${at}.operating_account`, violations),
    loginId: Object.keys(login).length === 0 ? undefined : readAccount(login, form, `${at}.login_account`, violations),
  }
}

export function checkLinkedAccount(destination: Message, at: string, violations: Violation[]): void {
  if (Object.keys(inner(destination, 'linkedAccount')).length > 0)
    violations.push({
      field: `${at}.linked_account`,
      description: 'Linked account is only supported when the login account is a `DATA_PARTNER` account.',
      reason: 'LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT',
    })
}

function readAccount(sent: Message, form: AccountForm, at: string, violations: Violation[]): string {
  const accountId = text(sent, 'accountId')
  const product = text(sent, 'product').replace('PRODUCT_UNSPECIFIED', '')
  const accountType = text(sent, 'accountType').replace('ACCOUNT_TYPE_UNSPECIFIED', '') || product
  if (accountId === '') violations.push(missing(`${at}.account_id`))
  else if (!form.id.test(accountId))
    violations.push({
      field: `${at}.account_id`,
      description: `Format is invalid. ${form.words}`,
      reason: 'INVALID_FORMAT',
    })
  if (accountType === '') violations.push(missing(`${at}.account_type`))
  else if (accountType !== form.accountType || (product !== '' && product !== accountType))
    violations.push({
      field: `${at}.account_type`,
      description: 'The destination account type does not match the specified account id.',
      reason: 'DESTINATION_ACCOUNT_TYPE_MISMATCH',
    })
  return accountId
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
