import type { Field, Shape } from './message.ts'

/** The messages of google.ads.datamanager.v1 that are served here; `test/sandbox/google-protos.test.ts` holds them against the vendor's. */

export const string: Field = { type: 'string' }
export const bool: Field = { type: 'bool' }
export const int64: Field = { type: 'int64' }
const ignored: Field = { type: 'ignored' }
export const enumeration = (...values: string[]): Field => ({ type: 'enum', values })
export const list = (of: Field): Field => ({ type: 'list', of })
export const message = (
  name: string,
  fields: Record<string, Field>,
  oneof?: string[][],
): { type: 'message'; shape: Shape } => ({
  type: 'message',
  shape: { name, fields, ...(oneof ? { oneof } : {}) },
})

const productAccount = message('ProductAccount', {
  product: enumeration(
    'PRODUCT_UNSPECIFIED',
    'GOOGLE_ADS',
    'DISPLAY_VIDEO_PARTNER',
    'DISPLAY_VIDEO_ADVERTISER',
    'DATA_PARTNER',
  ),
  accountId: string,
  accountType: enumeration(
    'ACCOUNT_TYPE_UNSPECIFIED',
    'GOOGLE_ADS',
    'DISPLAY_VIDEO_PARTNER',
    'DISPLAY_VIDEO_ADVERTISER',
    'DATA_PARTNER',
    'GOOGLE_ANALYTICS_PROPERTY',
    'GOOGLE_AD_MANAGER_AUDIENCE_LINK',
  ),
})

const destination = message('Destination', {
  reference: string,
  loginAccount: productAccount,
  linkedAccount: productAccount,
  operatingAccount: productAccount,
  productDestinationId: string,
})

const consentStatus = enumeration('CONSENT_STATUS_UNSPECIFIED', 'CONSENT_GRANTED', 'CONSENT_DENIED')
export const consent = message('Consent', { adUserData: consentStatus, adPersonalization: consentStatus })

const address = message('AddressInfo', {
  givenName: string,
  familyName: string,
  regionCode: string,
  postalCode: string,
})
const userIdentifier = message('UserIdentifier', { emailAddress: string, phoneNumber: string, address }, [
  ['emailAddress', 'phoneNumber', 'address'],
])

export const userData = message('UserData', { userIdentifiers: list(userIdentifier) })

/** The kinds of a member's data; a member has at most one. */
export const memberData = ['userData', 'pairData', 'mobileData', 'userIdData', 'ppidData']

const audienceMember = message(
  'AudienceMember',
  {
    destinationReferences: list(string),
    userData,
    pairData: message('PairData', { pairIds: list(string) }),
    mobileData: message('MobileData', { mobileIds: list(string) }),
    userIdData: message('UserIdData', { userId: string }),
    ppidData: message('PpidData', { ppids: list(string) }),
    consent,
  },
  [memberData],
)

const keyType = enumeration('KEY_TYPE_UNSPECIFIED', 'XCHACHA20_POLY1305')
export const encryptionInfo = message(
  'EncryptionInfo',
  {
    gcpWrappedKeyInfo: message('GcpWrappedKeyInfo', {
      keyType,
      wipProvider: string,
      kekUri: string,
      encryptedDek: string,
    }),
    awsWrappedKeyInfo: message('AwsWrappedKeyInfo', { keyType, roleArn: string, kekUri: string, encryptedDek: string }),
  },
  [['gcpWrappedKeyInfo', 'awsWrappedKeyInfo']],
)

export const destinations = list(destination)
const audienceMembers = list(audienceMember)
export const encoding = enumeration('ENCODING_UNSPECIFIED', 'HEX', 'BASE64')

export const ingestRequest: Shape = message('IngestAudienceMembersRequest', {
  destinations,
  audienceMembers,
  consent,
  validateOnly: bool,
  encoding,
  encryptionInfo,
  termsOfService: message('TermsOfService', {
    customerMatchTermsOfServiceStatus: enumeration('TERMS_OF_SERVICE_STATUS_UNSPECIFIED', 'ACCEPTED', 'REJECTED'),
  }),
}).shape

export const removeRequest: Shape = message('RemoveAudienceMembersRequest', {
  destinations,
  audienceMembers,
  validateOnly: bool,
  encoding,
  encryptionInfo,
}).shape

/** UNVERIFIED: the body of removeAll. */
export const removeAllRequest: Shape = message('RemoveAllAudienceMembersRequest', {
  destinations,
  validateOnly: bool,
}).shape

const dataSourceType = enumeration(
  'DATA_SOURCE_TYPE_UNSPECIFIED',
  'DATA_SOURCE_TYPE_FIRST_PARTY',
  'DATA_SOURCE_TYPE_THIRD_PARTY_CREDIT_BUREAU',
  'DATA_SOURCE_TYPE_THIRD_PARTY_VOTER_FILE',
  'DATA_SOURCE_TYPE_THIRD_PARTY_PARTNER_DATA',
)

export const userList: Shape = message('UserList', {
  name: string,
  id: int64,
  readOnly: ignored,
  displayName: string,
  description: string,
  membershipStatus: enumeration('MEMBERSHIP_STATUS_UNSPECIFIED', 'OPEN', 'CLOSED'),
  integrationCode: string,
  membershipDuration: { type: 'duration' },
  closingReason: ignored,
  accessReason: ignored,
  accountAccessStatus: enumeration('ACCESS_STATUS_UNSPECIFIED', 'ENABLED', 'DISABLED'),
  sizeInfo: ignored,
  targetNetworkInfo: message('TargetNetworkInfo', { eligibleForDisplay: ignored, eligibleForSearch: bool }),
  ingestedUserListInfo: message('IngestedUserListInfo', {
    uploadKeyTypes: list(
      enumeration('UPLOAD_KEY_TYPE_UNSPECIFIED', 'CONTACT_ID', 'MOBILE_ID', 'USER_ID', 'PAIR_ID', 'PSEUDONYMOUS_ID'),
    ),
    contactIdInfo: message('ContactIdInfo', { dataSourceType, matchRatePercentage: ignored }),
    mobileIdInfo: message('MobileIdInfo', {
      dataSourceType,
      keySpace: enumeration('KEY_SPACE_UNSPECIFIED', 'IOS', 'ANDROID'),
      appId: string,
    }),
    userIdInfo: message('UserIdInfo', { dataSourceType }),
    // For data partners only: known, and then refused.
    pairIdInfo: ignored,
    pseudonymousIdInfo: ignored,
    partnerAudienceInfo: ignored,
  }),
}).shape
