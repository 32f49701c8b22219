import type { Reply, Sandbox } from './sandbox.ts'
import { send, sha256 } from './sandbox.ts'

export interface LinkedInAccount {
  id: string
  sourcePlatform: string
  clientId: string
  clientSecret: string
  token: string
  refreshToken: string
}

export interface LinkedIn {
  newAccount(): Promise<LinkedInAccount>
  change(account: LinkedInAccount, changes: object): Promise<Reply>
  /** A call to /rest with every header that LinkedIn wants; `headers` come on top, and an empty one is left out. */
  rest(
    account: LinkedInAccount,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply>
  newSegment(account: LinkedInAccount, more?: object): Promise<string>
  /** A segment that takes members already. */
  readySegment(account: LinkedInAccount, more?: object): Promise<string>
  batch(account: LinkedInAccount, segment: string, elements: unknown, edge?: 'users' | 'companies'): Promise<Reply>
  advance(duration: string): Promise<Reply>
  held(segment: string): Promise<Record<string, unknown>[]>
  oauth(path: string, form: Record<string, string>): Promise<Reply>
}

/** The newest version at the given time. */
export function newestVersion(now = new Date()): string {
  return now.toISOString().slice(0, 7).replace('-', '')
}

export const batchCreate = { 'x-restli-method': 'BATCH_CREATE' }

export function addEmail(email: string, more?: object): Record<string, unknown> {
  return { action: 'ADD', userIds: [{ idType: 'SHA256_EMAIL', idValue: sha256(email) }], ...more }
}

export function removeEmail(email: string): object {
  return { ...addEmail(email), action: 'REMOVE' }
}

export function linkedIn(sandbox: Sandbox): LinkedIn {
  const client: LinkedIn = {
    newAccount: async () => {
      const { settings, credentials } = (await sandbox.control('POST', '/accounts', { platform: 'linkedin' })).body
      return {
        id: settings.ad_account_id,
        sourcePlatform: settings.source_platform,
        clientId: credentials.client_id,
        clientSecret: credentials.client_secret,
        token: credentials.access_token,
        refreshToken: credentials.refresh_token,
      }
    },
    change: (account, changes) => sandbox.control('PATCH', `/accounts/${account.id}`, changes),
    rest: (account, method, path, body, headers = {}) => {
      const all = {
        authorization: `Bearer ${account.token}`,
        'linkedin-version': newestVersion(),
        'x-restli-protocol-version': '2.0.0',
        ...headers,
      }
      const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
      return send(`${sandbox.url}/linkedin/rest${path}`, method, sent, body)
    },
    newSegment: async (account, more) => {
      const reply = await client.rest(account, 'POST', '/dmpSegments', segmentBody(account, more))
      return reply.headers.get('x-restli-id') ?? ''
    },
    readySegment: async (account, more) => {
      await client.change(account, { fresh_seconds: 0 })
      return client.newSegment(account, more)
    },
    batch: (account, segment, elements, edge = 'users') =>
      client.rest(account, 'POST', `/dmpSegments/${segment}/${edge}`, { elements }, batchCreate),
    advance: (duration) => sandbox.control('POST', '/clock', { platform: 'linkedin', advance: duration }),
    held: async (segment) => (await sandbox.control('GET', `/linkedin/lists/${segment}?limit=10000`)).body.members,
    oauth: async (path, form) => {
      const response = await fetch(`${sandbox.url}/linkedin/oauth/v2/${path}`, {
        method: 'POST',
        body: new URLSearchParams(form),
      })
      return { status: response.status, headers: response.headers, body: await response.json() }
    },
  }
  return client
}

export function segmentBody(account: LinkedInAccount, more?: object): object {
  return {
    name: 'VIP',
    account: `urn:li:sponsoredAccount:${account.id}`,
    sourcePlatform: account.sourcePlatform,
    type: 'USER',
    accessPolicy: 'PRIVATE',
    destinations: [{ destination: 'LINKEDIN' }],
    ...more,
  }
}
