import type { Reply, Sandbox } from './sandbox.ts'
import { send, sha256 } from './sandbox.ts'

export interface GoogleAccount {
  id: string
  /** Among them the Google Analytics property, as `ga_…`. */
  settings: Record<string, string>
  credentials: Record<string, string>
  /** A token that is good now. */
  token: string
}

export const scope = 'https://www.googleapis.com/auth/datamanager'

export async function newGoogleAccount(sandbox: Sandbox, state?: object): Promise<GoogleAccount> {
  const { body } = await sandbox.control('POST', '/accounts', { platform: 'google' })
  if (state) await sandbox.control('PATCH', `/accounts/${body.id}`, { platform: 'google', ...state })
  const token = await fetchToken(body.credentials)
  return { id: body.id, settings: body.settings, credentials: body.credentials, token: token.body.access_token }
}

export function fetchToken(credentials: Record<string, string>, changes: Record<string, string> = {}): Promise<Reply> {
  const { client_id = '', client_secret = '', refresh_token = '', token_uri = '' } = credentials
  return postForm(token_uri, { grant_type: 'refresh_token', client_id, client_secret, refresh_token, ...changes })
}

export function postForm(address: string, form: Record<string, string>): Promise<Reply> {
  const body = new URLSearchParams(form).toString()
  return send(address, 'POST', { 'content-type': 'application/x-www-form-urlencoded' }, body)
}

export function google(
  sandbox: Sandbox,
  account: { token: string },
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return send(`${sandbox.url}/google${path}`, method, { authorization: `Bearer ${account.token}`, ...headers }, body)
}

let names = 0

/** What creates a list of contacts. */
export function listBody(more: object = {}): object {
  return {
    displayName: `List ${++names}`,
    membershipDuration: '46656000s',
    ingestedUserListInfo: {
      uploadKeyTypes: ['CONTACT_ID'],
      contactIdInfo: { dataSourceType: 'DATA_SOURCE_TYPE_FIRST_PARTY' },
    },
    ...more,
  }
}

export function listsPath(account: { id: string }): string {
  return `/v1/accountTypes/GOOGLE_ADS/accounts/${account.id}/userLists`
}

export async function newList(sandbox: Sandbox, account: GoogleAccount, more?: object): Promise<string> {
  const { body } = await google(sandbox, account, 'POST', listsPath(account), listBody(more))
  return body.id
}

export function destination(account: { id: string }, listId: string, more: object = {}): object {
  return {
    operatingAccount: { accountType: 'GOOGLE_ADS', accountId: account.id },
    productDestinationId: listId,
    ...more,
  }
}

/** The web data stream of the account's property as a destination, or its app data stream. */
export function stream({ settings }: Pick<GoogleAccount, 'settings'>, more: object = {}, isApp = false): object {
  return {
    operatingAccount: { accountType: 'GOOGLE_ANALYTICS_PROPERTY', accountId: settings.ga_property_id },
    productDestinationId: isApp ? settings.ga_firebase_app_id : settings.ga_measurement_id,
    ...more,
  }
}

export const granted = { adUserData: 'CONSENT_GRANTED', adPersonalization: 'CONSENT_GRANTED' }

export function byEmail(...names: string[]): object[] {
  return names.map((name) => ({ userData: { userIdentifiers: [{ emailAddress: hashOf(name) }] } }))
}

export function hashOf(name: string): string {
  return sha256(`${name}@example.test`)
}

/** The body of an upload of contacts to one list. */
export function ingest(account: { id: string }, listId: string, audienceMembers: object[], more: object = {}): object {
  return {
    destinations: [destination(account, listId)],
    audienceMembers,
    consent: granted,
    encoding: 'HEX',
    termsOfService: { customerMatchTermsOfServiceStatus: 'ACCEPTED' },
    ...more,
  }
}

export function remove(account: { id: string }, listId: string, audienceMembers: object[], more: object = {}): object {
  return { destinations: [destination(account, listId)], audienceMembers, encoding: 'HEX', ...more }
}

export async function heldBy(sandbox: Sandbox, platform: string, list: string): Promise<Record<string, unknown>[]> {
  const { body } = await sandbox.control('GET', `/${platform}/lists/${list}?limit=10000`)
  return body.members
}

/** The field violations of a refusal as `[field, reason]`. */
export function violations({ body }: Reply): [string, string][] {
  const details: { '@type': string; fieldViolations?: { field: string; reason: string }[] }[] = body.error.details
  const found = details.find((detail) => detail['@type'].endsWith('BadRequest'))?.fieldViolations ?? []
  return found.map(({ field, reason }) => [field, reason])
}

export async function statusOf(sandbox: Sandbox, account: GoogleAccount, requestId: string): Promise<Reply> {
  return google(sandbox, account, 'GET', `/v1/requestStatus:retrieve?requestId=${requestId}`)
}
