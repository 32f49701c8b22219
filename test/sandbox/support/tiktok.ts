import type { Reply, Sandbox } from './sandbox.ts'
import { send, sha256 } from './sandbox.ts'

export interface TikTokAccount {
  id: string
  token: string
}

export interface TikTok {
  newAccount(): Promise<TikTokAccount>
  change(account: TikTokAccount, changes: object): Promise<Reply>
  post(account: TikTokAccount, path: string, body: unknown): Promise<Reply>
  get(account: TikTokAccount, path: string, query: Record<string, unknown>): Promise<Reply>
  newAudience(account: TikTokAccount, name?: string): Promise<string>
  map(account: TikTokAccount, action: string, schema: string[], rows: unknown[]): Promise<Reply>
  /** An audience as `/list/` shows it. */
  listed(account: TikTokAccount, audience: string): Promise<Record<string, unknown>>
  advance(duration: string): Promise<Reply>
  act(audience: string, action: string): Promise<Reply>
  held(audience: string): Promise<Record<string, unknown>[]>
}

export const cell = (audience: string, text: string) => ({ id: sha256(text), audience_ids: [audience] })

export function tikTok(sandbox: Sandbox): TikTok {
  const base = () => `${sandbox.url}/tiktok/open_api/v1.3`
  const client: TikTok = {
    newAccount: async () => {
      const { settings, credentials } = (await sandbox.control('POST', '/accounts', { platform: 'tiktok' })).body
      return { id: settings.advertiser_id, token: credentials.access_token }
    },
    change: (account, changes) => sandbox.control('PATCH', `/accounts/${account.id}`, changes),
    post: ({ token }, path, body) => send(`${base()}${path}`, 'POST', { 'access-token': token }, body),
    get: ({ token }, path, query) => {
      const texts = Object.entries(query).map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ])
      return send(`${base()}${path}?${new URLSearchParams(texts)}`, 'GET', { 'access-token': token })
    },
    newAudience: async (account, name = 'VIP') => {
      const body = { custom_audience_name: name, advertiser_id: account.id, action: 'create' }
      return (await client.post(account, '/segment/audience/', body)).body.data.audience_id
    },
    map: (account, action, schema, rows) =>
      client.post(account, '/segment/mapping/', {
        advertiser_ids: [account.id],
        action,
        id_schema: schema,
        batch_data: rows,
      }),
    listed: async (account, audience) => {
      const query = { advertiser_id: account.id, custom_audience_ids: [audience] }
      return (await client.get(account, '/dmp/custom_audience/list/', query)).body.data.list[0]
    },
    advance: (duration) => sandbox.control('POST', '/clock', { platform: 'tiktok', advance: duration }),
    act: (audience, action) => sandbox.control('POST', `/tiktok/lists/${audience}/${action}`),
    held: async (audience) => (await sandbox.control('GET', `/tiktok/lists/${audience}?limit=10000`)).body.members,
  }
  return client
}
