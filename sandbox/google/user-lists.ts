import { readBody } from './audience-members.ts'
import { missing, reachAccount } from './destinations.ts'
import { expireMembers } from './membership.ts'
import type { Message } from './message.ts'
import { camel, inner, text, texts } from './message.ts'
import type { Context, Outcome } from './operation.ts'
import { FEWEST_MEMBERS, MATCH_PERCENT } from './request-status.ts'
import { userList } from './shapes.ts'
import type { Account, GoogleState, UploadKeyType, UserList } from './state.ts'
import { emptyRows } from './state.ts'
import type { Violation } from './status-error.ts'
import { refuse } from './status-error.ts'
import { readFilter } from './user-list-filter.ts'

const DAY_MS = 86_400_000
const LONGEST_DAYS = 540
/** UNVERIFIED: what stands when a list is created without a duration. */
const DEFAULT_DAYS = 30
const LONGEST_NAME = 255

/** The account of the path, if the caller may act on it, by itself or through the account of its header. */
function readParent({ state, caller, parts, loginAccount, linkedAccount }: Context): Account {
  const [accountType = '', operatingId = ''] = parts
  if (linkedAccount !== undefined)
    throw refuse.violation(
      'linked-account',
      'LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT',
      'Linked account is only supported when the login account is a `DATA_PARTNER` account.',
    )
  const login =
    loginAccount === undefined ? undefined : /^accountTypes\/GOOGLE_ADS\/accounts\/(\d{10})$/.exec(loginAccount)
  if (login === null) throw refuse.violation('login-account', 'INVALID_RESOURCE_NAME', 'The resource name is invalid.')
  if (!/^\d{10}$/.test(operatingId))
    throw refuse.violation('parent', 'INVALID_RESOURCE_NAME', 'The resource name is invalid.')
  const account = reachAccount(state, caller, { operatingId, loginId: login?.[1] })
  if (accountType !== 'GOOGLE_ADS')
    throw refuse.violation(
      'parent',
      'DESTINATION_ACCOUNT_TYPE_MISMATCH',
      'The destination account type does not match the specified account id.',
    )
  return account
}

function findList(context: Context): UserList {
  const account = readParent(context)
  const list = context.state.lists.get(context.parts[2] ?? '')
  if (list === undefined || list.deleted || list.accountId !== account.id) throw refuse.missing()
  return list
}

export function createList(context: Context): Outcome {
  const account = readParent(context)
  const { state, query, body } = context
  const sent = readBody(userList, body)
  const violations: Violation[] = []
  const list: UserList = {
    id: state.newListId(),
    accountId: account.id,
    displayName: '',
    description: undefined,
    integrationCode: undefined,
    membershipStatus: 'OPEN',
    closedBySystem: false,
    membershipDuration: DEFAULT_DAYS * DAY_MS,
    accountAccessStatus: 'ENABLED',
    eligibleForSearch: true,
    ...readKeyTypes(inner(sent, 'ingestedUserListInfo'), violations),
    sensitive: false,
    deleted: false,
    oldestAdd: Number.MAX_SAFE_INTEGER,
    rows: emptyRows(),
  }
  if (sent.displayName === undefined) violations.push(missing('user_list.display_name'))
  for (const field of Object.keys(sent)) changes[field]?.(list, sent, state, violations)
  if (!account.termsAccepted)
    violations.push({
      field: 'user_list',
      description: 'Required terms and conditions are not accepted.',
      reason: 'TERMS_AND_CONDITIONS_NOT_SIGNED',
    })
  if (violations.length > 0) throw refuse.violations(violations)
  if (!isTrue(query, 'validateOnly')) state.lists.set(list.id, list)
  return { body: renderList(state, list) }
}

type KeyTypes = Pick<UserList, 'uploadKeyType' | 'dataSourceType' | 'mobileKeySpace' | 'mobileAppId'>

const infoOf: Record<UploadKeyType, string> = {
  CONTACT_ID: 'contactIdInfo',
  MOBILE_ID: 'mobileIdInfo',
  USER_ID: 'userIdInfo',
}

function readKeyTypes(sent: Message, violations: Violation[]): KeyTypes {
  const at = 'user_list.ingested_user_list_info'
  const types = texts(sent, 'uploadKeyTypes')
  const uploadKeyType = (['CONTACT_ID', 'MOBILE_ID', 'USER_ID'] as const).find((known) => known === types[0])
  if (types.length === 0) violations.push(missing(`${at}.upload_key_types`))
  else if (types.length > 1 || uploadKeyType === undefined)
    violations.push({
      field: `${at}.upload_key_types`,
      description: 'The user list upload key types are not supported.',
      reason: 'UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES',
    })
  const info = inner(sent, infoOf[uploadKeyType ?? 'CONTACT_ID'])
  if (uploadKeyType === 'MOBILE_ID')
    for (const [name, field] of [
      ['keySpace', 'key_space'],
      ['appId', 'app_id'],
    ] as const)
      if (text(info, name) === '') violations.push(missing(`${at}.mobile_id_info.${field}`))
  return {
    uploadKeyType: uploadKeyType ?? 'CONTACT_ID',
    dataSourceType: text(info, 'dataSourceType') || undefined,
    mobileKeySpace: text(info, 'keySpace') || undefined,
    mobileAppId: text(info, 'appId') || undefined,
  }
}

type Change = (list: UserList, sent: Message, state: GoogleState, violations: Violation[]) => void

/** What may be set, by its field. Anything else that a list has is told by the platform only, or stands for ever. */
const changes: Record<string, Change> = {
  displayName: (list, sent, state, violations) => {
    const name = text(sent, 'displayName').trim()
    const field = 'user_list.display_name'
    if (name === '') violations.push(missing(field))
    else if (name.length > LONGEST_NAME)
      violations.push({ field, description: 'The display name is not valid.', reason: 'INVALID_DISPLAY_NAME' })
    const taken = [...state.lists.values()].some(
      (other) =>
        other.accountId === list.accountId && !other.deleted && other.id !== list.id && other.displayName === name,
    )
    if (taken)
      violations.push({
        field,
        description: 'The display name is already being used for another user list for the account.',
        reason: 'DISPLAY_NAME_ALREADY_USED',
      })
    list.displayName = name
  },
  description: (list, sent) => {
    list.description = text(sent, 'description')
  },
  integrationCode: (list, sent) => {
    list.integrationCode = text(sent, 'integrationCode')
  },
  membershipStatus: (list, sent) => {
    list.membershipStatus = text(sent, 'membershipStatus') === 'CLOSED' ? 'CLOSED' : 'OPEN'
    list.closedBySystem = false
  },
  membershipDuration: (list, sent, _, violations) => {
    const field = 'user_list.membership_duration'
    const ms = Number.parseFloat(text(sent, 'membershipDuration')) * 1_000
    if (!(ms > 0) || ms % DAY_MS !== 0)
      violations.push({
        field,
        description: 'Format is invalid. Valid durations are exact multiples of 24 hours (86400 seconds).',
        reason: 'INVALID_FORMAT',
      })
    else if (ms > LONGEST_DAYS * DAY_MS)
      violations.push({
        field,
        description: 'The user list membership duration is too long.',
        reason: 'MEMBERSHIP_DURATION_TOO_LONG',
      })
    list.membershipDuration = ms
  },
  accountAccessStatus: (list, sent) => {
    list.accountAccessStatus = text(sent, 'accountAccessStatus') === 'DISABLED' ? 'DISABLED' : 'ENABLED'
  },
  targetNetworkInfo: (list, sent) => {
    const wanted = inner(sent, 'targetNetworkInfo').eligibleForSearch
    if (typeof wanted === 'boolean') list.eligibleForSearch = wanted
  },
}

export function updateList(context: Context): Outcome {
  const list = findList(context)
  const { state, query, body } = context
  const sent = readBody(userList, body)
  const violations: Violation[] = []
  const next = { ...list }
  for (const field of readMask(query, sent)) changes[field]?.(next, sent, state, violations)
  if (list.sensitive)
    violations.push({
      field: 'user_list',
      description: 'A user list which is privacy sensitive or legal rejected cannot be mutated by external users.',
      reason: 'SENSITIVE_USER_LIST_IMMUTABLE',
    })
  if (violations.length > 0) throw refuse.violations(violations)
  if (!isTrue(query, 'validateOnly')) Object.assign(list, next)
  return { body: renderList(state, next) }
}

const immutable = 'ingestedUserListInfo'

/** The fields to change: those of the mask, or without one those that were sent. */
function readMask(query: URLSearchParams, sent: Message): string[] {
  const mask = query.get('updateMask') ?? query.get('update_mask') ?? ''
  const whole = mask === '' || mask === '*'
  const wanted = whole ? Object.keys(sent) : mask.split(',').map((path) => camel(path.trim()).split('.')[0] ?? '')
  const unknown = wanted.find((field) => !Object.hasOwn(userList.fields, field))
  if (unknown !== undefined) throw refuse.violation('update_mask', 'INVALID_UPDATE_MASK', 'The update mask is invalid.')
  if (!whole && wanted.includes(immutable))
    throw refuse.violation(
      'update_mask',
      'IMMUTABLE_FIELD_FOR_UPDATE',
      'Attempted to set an immutable field for an update request.',
    )
  return wanted
}

export function deleteList(context: Context): Outcome {
  const list = findList(context)
  if (!isTrue(context.query, 'validateOnly')) forget(list)
  return { body: {} }
}

export function forget(list: UserList): void {
  list.deleted = true
  list.rows = emptyRows()
}

export function readList(context: Context): Outcome {
  return { body: renderList(context.state, findList(context)) }
}

const DEFAULT_PAGE = 50
const LARGEST_PAGE = 1_000

/** Lists in the order in which they were made. */
export function listLists(context: Context): Outcome {
  const account = readParent(context)
  const { state, query } = context
  const size = Number(query.get('pageSize') ?? query.get('page_size') ?? 0)
  if (!Number.isSafeInteger(size) || size < 0)
    throw refuse.violation('page_size', 'INVALID_NUMBER_FORMAT', 'Invalid number format.')
  const token = query.get('pageToken') ?? query.get('page_token') ?? ''
  const filter = query.get('filter') ?? ''
  const passes = readFilter(filter)
  const found = [...state.lists.values()].filter(
    (list) => list.accountId === account.id && !list.deleted && passes(list),
  )
  const start = token === '' ? 0 : startOf(token, filter)
  const end = start + Math.min(size || DEFAULT_PAGE, LARGEST_PAGE)
  return {
    body: {
      ...(found.length > 0 ? { userLists: found.slice(start, end).map((list) => renderList(state, list)) } : {}),
      ...(end < found.length ? { nextPageToken: tokenFor(end, filter) } : {}),
    },
  }
}

function tokenFor(position: number, filter: string): string {
  return Buffer.from(JSON.stringify([position, filter])).toString('base64url')
}

function startOf(token: string, filter: string): number {
  const parts = /^\[(\d{1,9}),(".*")\]$/s.exec(Buffer.from(token, 'base64url').toString())
  if (parts === null || parts[2] !== JSON.stringify(filter))
    throw refuse.violation('page_token', 'INVALID_PAGE_TOKEN', 'The page token is invalid.')
  return Number(parts[1])
}

function renderList(state: GoogleState, list: UserList): Record<string, unknown> {
  expireMembers(state, list)
  const members = list.rows.size
  const matched = members < FEWEST_MEMBERS ? 0 : Math.floor((members * MATCH_PERCENT) / 1_000) * 10
  const dataSourceType = list.dataSourceType === undefined ? {} : { dataSourceType: list.dataSourceType }
  return {
    name: `accountTypes/GOOGLE_ADS/accounts/${list.accountId}/userLists/${list.id}`,
    id: list.id,
    readOnly: false,
    displayName: list.displayName,
    ...(list.description === undefined ? {} : { description: list.description }),
    membershipStatus: list.membershipStatus,
    ...(list.integrationCode === undefined ? {} : { integrationCode: list.integrationCode }),
    membershipDuration: `${list.membershipDuration / 1_000}s`,
    ...(list.closedBySystem ? { closingReason: 'UNUSED' } : {}),
    accessReason: 'OWNED',
    accountAccessStatus: list.accountAccessStatus,
    sizeInfo: {
      displayNetworkMembersCount: String(matched),
      searchNetworkMembersCount: String(matched),
      youtubeMembersCount: String(matched),
      gmailMembersCount: String(matched),
    },
    targetNetworkInfo: { eligibleForDisplay: members >= FEWEST_MEMBERS, eligibleForSearch: list.eligibleForSearch },
    ingestedUserListInfo: {
      uploadKeyTypes: [list.uploadKeyType],
      [infoOf[list.uploadKeyType]]: {
        ...dataSourceType,
        ...(list.uploadKeyType === 'CONTACT_ID' && members >= FEWEST_MEMBERS
          ? { matchRatePercentage: MATCH_PERCENT }
          : {}),
        ...(list.uploadKeyType === 'MOBILE_ID' ? { keySpace: list.mobileKeySpace, appId: list.mobileAppId } : {}),
      },
    },
  }
}

function isTrue(query: URLSearchParams, name: string): boolean {
  return (query.get(name) ?? query.get('validate_only')) === 'true'
}
