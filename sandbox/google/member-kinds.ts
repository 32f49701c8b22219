import type { UploadKeyType } from './state.ts'

/** What the served kinds of member data are called in lists and in statuses. */
export const memberKinds = {
  userData: { uploadKeyType: 'CONTACT_ID', counted: 'userIdentifierCount' },
  mobileData: { uploadKeyType: 'MOBILE_ID', counted: 'mobileIdCount' },
  userIdData: { uploadKeyType: 'USER_ID', counted: 'userIdCount' },
} as const satisfies Record<string, { uploadKeyType: UploadKeyType; counted: string }>

export type MemberKind = keyof typeof memberKinds

export function isMemberKind(name: string): name is MemberKind {
  return Object.hasOwn(memberKinds, name)
}
