import type { Batch } from '../define.ts'
import type { GoogleConnection, SyncSettings } from './connection.ts'

// Text of this many rows is turned into bytes while it is still in the processor's cache.
const ROWS_A_CHUNK = 200
const ADDRESS = [
  ['givenName', 'first_name'],
  ['familyName', 'last_name'],
  ['regionCode', 'country'],
  ['postalCode', 'zip'],
] as const

const CONSENT = { granted: 'CONSENT_GRANTED', denied: 'CONSENT_DENIED', unspecified: undefined } as const

type Values = readonly (string | undefined)[]
type Write = (values: Values) => string

/** The body of `:ingest` or `:remove`: one list, one kind of members, and, of an add, the consent of all of them. */
export function membersBody(connection: Pick<GoogleConnection, 'settings'>, batch: Batch<SyncSettings>): Buffer {
  const { identifiers, members, operation } = batch
  const write = writerOf(identifiers)
  const head = { destinations: [destinationOf(connection, batch.listId)] }
  const parts = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"audienceMembers":[`)]
  for (let first = 0; first < members.length; first += ROWS_A_CHUNK) {
    const end = Math.min(first + ROWS_A_CHUNK, members.length)
    let chunk = ''
    for (let at = first; at < end; at++) {
      chunk += `${at === 0 ? '' : ','}{"destinationReferences":["list"],${write(members[at]?.values ?? [])}}`
    }
    // a country code or an id of the customer's own need not be ASCII
    parts.push(Buffer.from(chunk, 'utf8'))
  }
  const contact = !identifiers.includes('mobile_id') && !identifiers.includes('user_id')
  const terms = contact || identifiers.includes('mobile_id')
  const tail = {
    ...(operation === 'add' && consentOf(batch)),
    ...(contact && { encoding: 'HEX' }),
    ...(operation === 'add' && terms && { termsOfService: { customerMatchTermsOfServiceStatus: 'ACCEPTED' } }),
  }
  const rest = JSON.stringify(tail).slice(1)
  parts.push(Buffer.from(rest === '}' ? ']}' : `],${rest}`))
  return Buffer.concat(parts)
}

function destinationOf(
  { settings: { accountId, loginAccountId } }: Pick<GoogleConnection, 'settings'>,
  listId: string,
) {
  const account = (id: string) => ({ accountType: 'GOOGLE_ADS', accountId: id })
  return {
    reference: 'list',
    ...(loginAccountId && { loginAccount: account(loginAccountId) }),
    operatingAccount: account(accountId),
    productDestinationId: listId,
  }
}

/** What the members of a batch agreed to: they share it, because batches are grouped by it. */
export function consentOf({
  identifiers,
  members,
  settings,
}: Pick<Batch<Pick<SyncSettings, 'adUserData' | 'adPersonalization'>>, 'identifiers' | 'members' | 'settings'>) {
  const values = members[0]?.values ?? []
  const said = (name: string) => values[identifiers.indexOf(name)]
  const adUserData = said('ad_user_data') ?? CONSENT[settings.adUserData]
  const adPersonalization = said('ad_personalization') ?? CONSENT[settings.adPersonalization]
  if (adUserData === undefined && adPersonalization === undefined) return {}
  return { consent: { ...(adUserData && { adUserData }), ...(adPersonalization && { adPersonalization }) } }
}

function writerOf(identifiers: readonly string[]): Write {
  const at = (name: string) => identifiers.indexOf(name)
  const [mobile, user] = [at('mobile_id'), at('user_id')]
  if (mobile >= 0) return (values) => `"mobileData":{"mobileIds":[${JSON.stringify(values[mobile] ?? '')}]}`
  if (user >= 0) return (values) => `"userIdData":{"userId":${JSON.stringify(values[user] ?? '')}}`
  const [email, phone] = [at('email'), at('phone')]
  const address = ADDRESS.map(([key, name]) => ({ key, column: at(name) }))
  const hasAddress = address.every(({ column }) => column >= 0)
  return (values) => {
    let all = ''
    // hashes are 64 hex digits and need no escape
    if (values[email] !== undefined) all += `,{"emailAddress":"${values[email]}"}`
    if (values[phone] !== undefined) all += `,{"phoneNumber":"${values[phone]}"}`
    if (hasAddress && address.every(({ column }) => values[column] !== undefined)) {
      all += `,{"address":{${address.map(({ key, column }) => `"${key}":${JSON.stringify(values[column])}`).join(',')}}}`
    }
    return `"userData":{"userIdentifiers":[${all.slice(1)}]}`
  }
}
