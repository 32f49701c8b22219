import { z } from 'zod'
import type { List } from '../define.ts'
import { acceptedBy, KINDS, type Kind } from './identifiers.ts'

const text = z.string().optional().catch(undefined)
// Google writes 64-bit numbers as text
const count = z.coerce.number().optional().catch(undefined)

/** A user list as Google tells of it; what is missing or odd is left out rather than refused. */
export const userList = z.object({
  name: z.string().regex(/\/userLists\/[0-9]+$/),
  displayName: z.string().catch('(without a name)'),
  description: text,
  readOnly: z.boolean().optional().catch(undefined),
  membershipStatus: text,
  membershipDuration: text,
  closingReason: text,
  accessReason: text,
  accountAccessStatus: text,
  sizeInfo: z
    .object({
      displayNetworkMembersCount: count,
      searchNetworkMembersCount: count,
      youtubeMembersCount: count,
      gmailMembersCount: count,
    })
    .optional()
    .catch(undefined),
  ingestedUserListInfo: z
    .object({
      uploadKeyTypes: z.array(z.string()).catch([]),
      contactIdInfo: z.object({ matchRatePercentage: count }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
})

export type UserList = z.output<typeof userList>

const SECOND = 1_000
const DAY = 86_400 * SECOND

const isKind = (text: string | undefined): text is Kind => text !== undefined && Object.hasOwn(KINDS, text)

const WORDS: Readonly<Record<Kind, string>> = {
  CONTACT_ID: 'contact data (e-mail, phone, address)',
  MOBILE_ID: 'mobile ids',
  USER_ID: 'your own user ids',
}

export function listOf(told: UserList): List {
  const [type] = told.ingestedUserListInfo?.uploadKeyTypes ?? []
  const kind = isKind(type) ? type : undefined
  const problem = problemOf(told, type)
  const forgetsAfterMs = durationOf(told.membershipDuration)
  return {
    id: told.name.slice(told.name.lastIndexOf('/') + 1),
    name: told.displayName,
    usable: problem === undefined,
    ...(problem !== undefined && { problem }),
    ...(kind && { accepts: acceptedBy(kind) }),
    ...(forgetsAfterMs !== undefined && { forgetsAfterMs }),
    facts: {
      'Size in Search': told.sizeInfo?.searchNetworkMembersCount ?? null,
      'Size in Display': told.sizeInfo?.displayNetworkMembersCount ?? null,
      'Size in YouTube': told.sizeInfo?.youtubeMembersCount ?? null,
      'Size in Gmail': told.sizeInfo?.gmailMembersCount ?? null,
      'Match rate': percent(told.ingestedUserListInfo?.contactIdInfo?.matchRatePercentage),
      Holds: kind ? WORDS[kind] : (type ?? null),
      Status:
        told.membershipStatus === 'CLOSED'
          ? `closed${told.closingReason === 'UNUSED' ? ': unused for long' : ''}`
          : 'open',
      'Members stay':
        forgetsAfterMs === undefined ? null : `${Math.round(forgetsAfterMs / DAY)} days after they were last added`,
      Access: told.accessReason?.toLowerCase() ?? null,
    },
  }
}

function problemOf(
  { readOnly, membershipStatus, accountAccessStatus, ingestedUserListInfo }: UserList,
  type: string | undefined,
) {
  if (!ingestedUserListInfo || (type !== undefined && !isKind(type))) {
    return 'This list is not filled by uploads of contact data, mobile ids or user ids. Choose a customer list, or let a new one be made.'
  }
  if (readOnly)
    return 'This list belongs to another account and cannot be changed from here. Choose a list of this account.'
  if (membershipStatus === 'CLOSED') {
    return 'This list is closed and takes no members. Open it in the Audience manager of Google Ads, or choose another list.'
  }
  if (accountAccessStatus === 'DISABLED')
    return 'The account has no access to this list any more. Ask its owner, or choose another list.'
  return undefined
}

const percent = (rate: number | undefined) => (rate === undefined ? null : `${rate} %`)

/** '46656000s' in milliseconds. */
function durationOf(text: string | undefined): number | undefined {
  const seconds = /^([0-9]{1,12})(?:\.0+)?s$/.exec(text ?? '')?.[1]
  return seconds === undefined || Number(seconds) === 0 ? undefined : Number(seconds) * SECOND
}
