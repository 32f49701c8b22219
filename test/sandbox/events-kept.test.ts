import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type RunningSandbox, startSandbox } from '../../sandbox/server.ts'
import { client, membership } from './support/ga4.ts'
import { eventBody, revision } from './support/klaviyo.ts'
import { send } from './support/sandbox.ts'

let folder: string
let running: RunningSandbox | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-events-'))
})
afterEach(async () => {
  await running?.close()
  running = undefined
  rmSync(folder, { recursive: true, force: true })
})

/** A new life of the sandbox over the same folder, at a port of its own. */
async function live(): Promise<string> {
  await running?.close()
  running = await startSandbox({ port: 0, dataDir: folder })
  return running.url
}

interface Account {
  settings: Record<string, string>
  credentials: Record<string, string>
}

const occurred_at = '2026-07-20T10:00:00Z'
const properties = { segment_id: 'seg', segment_name: 'VIP', action: 'added', occurred_at }

/** How each platform is told of one join, always the same; with the path behind the platform's own. */
const joins: Record<string, (account: Account) => { path: string; headers: Record<string, string>; body: string }> = {
  ga4: ({ settings, credentials }) => ({
    path: `/mp/collect?measurement_id=${settings.measurement_id}&api_secret=${credentials.api_secret}`,
    headers: {},
    body: JSON.stringify({
      client_id: client(1),
      user_properties: { seg_vip: { value: 'in' } },
      events: [membership('added')],
    }),
  }),
  klaviyo: ({ credentials }) => ({
    path: '/api/events',
    headers: { authorization: `Klaviyo-API-Key ${credentials.private_api_key}`, revision },
    body: JSON.stringify(eventBody({ profile: { email: 'anna@example.test' }, unique_id: 'e1', time: occurred_at })),
  }),
  segment: ({ credentials }) => ({
    path: '/v1/track',
    headers: {},
    body: JSON.stringify({
      ...{ event: 'Audience Entered', userId: 'u1', messageId: 'e1', properties },
      writeKey: credentials.write_key,
    }),
  }),
  webhook: ({ settings, credentials }) => {
    const data = { id: 'e1', ...properties, member: { EMAIL: 'anna@example.test' } }
    const body = JSON.stringify({ type: 'added_to_segment', timestamp: occurred_at, data })
    const now = new Date()
    return {
      path: new URL(settings.url ?? '').pathname.replace(/^\/webhook/, ''),
      headers: {
        'webhook-id': `message-${now.getTime()}`,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
        'webhook-signature': new Webhook(credentials.secret ?? '').sign(`message-${now.getTime()}`, now, body),
      },
      body,
    }
  },
}

it.each(Object.keys(joins))('%s knows its events, and who is in, after a restart', async (platform) => {
  const first = await live()
  const account: Account = (await send(`${first}/_sandbox/accounts`, 'POST', {}, { platform })).body
  const join = async (url: string) => {
    const told = joins[platform]?.(account)
    if (told === undefined) throw new Error(`Nothing tells ${platform} of a join.`)
    return (await send(`${url}/${platform}${told.path}`, 'POST', told.headers, told.body)).status
  }
  const members = async (url: string) => (await send(`${url}/_sandbox/${platform}/state?audience=seg`, 'GET', {})).body
  expect(await join(first)).toBeLessThan(300)
  const before = await members(first)
  expect(before.members).toHaveLength(1)

  const second = await live()
  expect(await members(second)).toEqual(before)
  // As a deployment does that starts again: it names its accounts.
  const known = { platform, settings: account.settings, credentials: account.credentials }
  expect((await send(`${second}/_sandbox/accounts`, 'POST', {}, known)).status).toBe(201)
  expect(await join(second)).toBeLessThan(300)
  const { events } = (await send(`${second}/_sandbox/${platform}/events`, 'GET', {})).body
  expect(events).toMatchObject([{ outcome: 'kept', repeats: 1 }, { outcome: platform === 'ga4' ? 'kept' : 'repeat' }])
  expect(await members(second)).toEqual(before)
})
