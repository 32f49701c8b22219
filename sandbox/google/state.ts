import { generateKeyPairSync } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { type Events, keepEvents } from '../events/events.ts'
import type { Window } from '../fixed-window.ts'
import type { HeldRows } from '../held-rows.ts'
import { holdRows } from '../held-rows.ts'
import type { Store } from '../keep/store.ts'
import { eventRules } from './event-rules.ts'
import type { MemberKind } from './member-kinds.ts'

/** A Google Ads account together with the Cloud project that calls for it. Plain data, as all that the state holds. */
export interface Account {
  /** Ten digits. */
  id: string
  /** The manager account above it, ten digits. */
  managerId: string
  /** How the credentials' user reaches the account: as its own user, through its manager, or not at all. */
  access: 'direct' | 'manager' | 'none'
  clientId: string
  clientSecret: string
  refreshToken: string
  refreshTokenRevoked: boolean
  serviceAccount: ServiceAccount
  /** What the user consented to when the refresh token was made. */
  scopes: string[]
  termsAccepted: boolean
  allowlisted: boolean
  apiEnabled: boolean
  /** Whether everybody counts as a user of the EEA or the UK; else only who has an address there. */
  consentRequired: boolean
  /** How long a request is in processing. */
  processingSeconds: number
  /** The Google Analytics property of the same user, and its data streams. */
  analytics: Analytics
}

export interface Analytics {
  propertyId: string
  /** Of its web data stream. */
  measurementId: string
  /** Of its app data stream. */
  firebaseAppId: string
  /** What the user may do there: only an editor may send events. */
  role: 'editor' | 'viewer'
}

export interface ServiceAccount {
  clientEmail: string
  privateKeyId: string
  privateKey: string
}

export interface AccessToken {
  token: string
  accountId: string
  expiresAt: number
  scopes: string[]
}

export interface UserList {
  id: string
  accountId: string
  displayName: string
  description: string | undefined
  integrationCode: string | undefined
  membershipStatus: 'OPEN' | 'CLOSED'
  closedBySystem: boolean
  /** Milliseconds. */
  membershipDuration: number
  accountAccessStatus: 'ENABLED' | 'DISABLED'
  eligibleForSearch: boolean
  uploadKeyType: UploadKeyType
  dataSourceType: string | undefined
  mobileKeySpace: string | undefined
  mobileAppId: string | undefined
  sensitive: boolean
  deleted: boolean
  /** No row of the list was added before this. */
  oldestAdd: number
  rows: HeldRows
}

export type UploadKeyType = 'CONTACT_ID' | 'MOBILE_ID' | 'USER_ID'

/** A request that was taken; its outcome is settled at once and told when it is through with processing. */
export interface TakenRequest {
  id: string
  /** The client id of the project that sent it. */
  clientId: string
  content: Content
  takenAt: number
  doneAt: number
  destinations: TakenDestination[]
}

/** What a request brought, or took away. */
export type Content = { what: 'ingest' | 'remove' | 'remove_all'; kind: MemberKind } | { what: 'events' }

export interface TakenDestination {
  /** As it was sent. */
  destination: Record<string, unknown>
  records: number
  identifiers: number
  errors: Record<string, number>
  warnings: Record<string, number>
}

export interface GoogleState {
  clock: Clock
  accounts: Map<string, Account>
  tokens: Map<string, AccessToken>
  lists: Map<string, UserList>
  requests: Map<string, TakenRequest>
  events: Events
  /** Calls of each project, by its client id and then by quota limit. */
  quotas: Map<string, Record<string, Window>>
  newListId(): string
  /** A private key for a service account, the same for all that this life makes: a new one takes a while. */
  newKey(): string
}

/** Every identifier names a person alone. */
export function emptyRows(): HeldRows {
  return holdRows(() => true)
}

export function startState(clock: Clock, store: Store): GoogleState {
  let last = 0
  let key: string | undefined
  return {
    clock,
    accounts: new Map(),
    tokens: new Map(),
    lists: new Map(),
    requests: new Map(),
    events: keepEvents(clock, store, eventRules),
    quotas: new Map(),
    // Ids grow with real time: an id of an earlier life of the sandbox never comes back as another list.
    newListId: () => {
      last = Math.max(last + 1, 8_000_000_000 + Math.floor((Date.now() - Date.UTC(2026, 0)) / 10))
      return String(last)
    },
    newKey: () => {
      key ??= generateKeyPairSync('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      }).privateKey
      return key
    },
  }
}
