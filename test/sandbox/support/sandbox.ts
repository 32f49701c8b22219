import { createHash } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { RunningSandbox } from '../../../sandbox/server.ts'
import { startSandbox } from '../../../sandbox/server.ts'

export interface Reply {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it reads out of an answer
  body: any
}

export interface MetaAccount {
  id: string
  token: string
  secret: string
}

export interface Sandbox {
  url: string
  control(method: string, path: string, body?: unknown): Promise<Reply>
  /** A call to Meta's API with the account's token as Bearer; `path` starts after the version. */
  meta(account: MetaAccount, method: string, path: string, body?: unknown): Promise<Reply>
  newAccount(): Promise<MetaAccount>
  newAudience(account: MetaAccount, more?: object): Promise<string>
  /** All that a list holds. */
  held(list: string): Promise<Record<string, unknown>[]>
}

export const version = 'v25.0'

/** A sandbox of the test file's own. */
export function useSandbox(): Sandbox {
  let running: RunningSandbox | undefined
  beforeAll(async () => {
    running = await startSandbox({ port: 0 })
  })
  afterAll(() => running?.close())

  const url = () => {
    if (running === undefined) throw new Error('The sandbox is not running yet: use it inside a test.')
    return running.url
  }
  const sandbox: Sandbox = {
    get url() {
      return url()
    },
    control: (method, path, body) => send(`${url()}/_sandbox${path}`, method, {}, body),
    meta: (account, method, path, body) =>
      send(`${url()}/meta/${version}${path}`, method, { authorization: `Bearer ${account.token}` }, body),
    newAccount: async () => {
      const { body } = await sandbox.control('POST', '/accounts', { platform: 'meta' })
      return {
        id: body.settings.ad_account_id,
        token: body.credentials.access_token,
        secret: body.credentials.app_secret,
      }
    },
    newAudience: async (account, more) => {
      const { body } = await sandbox.meta(account, 'POST', `/act_${account.id}/customaudiences`, {
        name: 'Buyers',
        subtype: 'CUSTOM',
        customer_file_source: 'USER_PROVIDED_ONLY',
        ...more,
      })
      return body.id
    },
    held: async (list) => {
      const members: Record<string, unknown>[] = []
      let after: number | null = 0
      while (after !== null) {
        const { body }: Reply = await sandbox.control('GET', `/meta/lists/${list}?after=${after}&limit=10000`)
        members.push(...body.members)
        after = body.next
      }
      return members
    },
  }
  return sandbox
}

export async function send(
  address: string,
  method: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Reply> {
  const response = await fetch(address, {
    method,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' || text.startsWith('<') || text.startsWith(' ') ? text : JSON.parse(text),
  }
}

/** Turns a platform's clock forward to where the next unit (a minute, a day) begins. */
export async function startUnit(sandbox: Sandbox, platform: string, unitMs: number): Promise<void> {
  const { clocks } = (await sandbox.control('GET', '/clock')).body
  const { now } = clocks.find((clock: { platform: string }) => clock.platform === platform)
  await sandbox.control('POST', '/clock', { platform, advance: `${unitMs - (Date.parse(now) % unitMs)}ms` })
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The body of an upload. Without a session it names none. */
export function upload(schema: string | string[], data: unknown[], session?: object): object {
  return { payload: { schema, data }, ...(session ? { session } : {}) }
}
