import { beforeAll, describe, expect, it } from 'vitest'
import type { Sdk } from './support/facebook-sdk.ts'
import { sdkAt } from './support/facebook-sdk.ts'
import type { MetaAccount } from './support/sandbox.ts'
import { sha256, useSandbox, version } from './support/sandbox.ts'

const sandbox = useSandbox()
const [anna, bert, cleo] = ['anna', 'bert', 'cleo'].map((name) => sha256(`${name}@example.test`)) as [
  string,
  string,
  string,
]
const definition = { name: 'By SDK', subtype: 'CUSTOM', customer_file_source: 'USER_PROVIDED_ONLY' }
const payload = (...emails: string[]) => ({ schema: ['EMAIL'], data: emails.map((email) => [email]) })

let sdk: Sdk
beforeAll(() => {
  sdk = sdkAt(sandbox.url, version)
})

async function connect() {
  const account = await sandbox.newAccount()
  const api = new sdk.FacebookAdsApi(account.token, 'en_US', false)
  return { account, api, adAccount: new sdk.AdAccount(`act_${account.id}`, {}, undefined, api) }
}

async function newAudience({ api, adAccount }: Awaited<ReturnType<typeof connect>>) {
  const { id } = await adAccount.createCustomAudience([], definition)
  return { id, audience: new sdk.CustomAudience(id, {}, undefined, api) }
}

describe("Meta's own Node SDK", () => {
  it('creates, reads, renames and deletes an audience', async () => {
    const { audience } = await newAudience(await connect())
    expect(await audience.get(['name', 'subtype'])).toMatchObject({ name: 'By SDK', subtype: 'CUSTOM' })
    await audience.update([], { name: 'Renamed' })
    expect(await audience.get(['name'])).toMatchObject({ name: 'Renamed' })
    await audience.delete([])
    await expect(audience.get(['name'])).rejects.toMatchObject({
      status: 400,
      response: { code: 100, error_subcode: 33 },
    })
  })

  it('pages through audiences by following the addresses it was given', async () => {
    const { adAccount } = await connect()
    for (const name of ['a', 'b', 'c']) await adAccount.createCustomAudience([], { ...definition, name })
    let cursor = await adAccount.getCustomAudiences(['name'], { limit: 2 })
    const names = cursor.map(({ name }) => name)
    while (cursor.hasNext()) {
      cursor = await cursor.next()
      names.push(...cursor.map(({ name }) => name))
    }
    expect(names).toEqual(['c', 'b', 'a'])
  })

  it('adds and removes people, and reads the session back', async () => {
    const { id, audience } = await newAudience(await connect())
    const session = { session_id: 99, batch_seq: 1, last_batch_flag: true }
    const added = await audience.createUser([], { payload: payload(anna, bert, 'bad'), session })
    expect(added._data).toMatchObject({ audience_id: id, session_id: '99', num_received: 3, num_invalid_entries: 1 })
    expect(await audience.deleteUsers({ payload: payload(anna) })).toMatchObject({ num_received: 1 })
    expect(await sandbox.held(id)).toEqual([{ EMAIL: bert }])
    const sessions = await audience.getSessions(['num_received', 'num_invalid_entries'], { session_id: 99 })
    expect(sessions.map(({ _data }) => _data)).toEqual([{ num_received: '3', num_invalid_entries: '1' }])
  })

  it('removes thousands at once, though it puts them into the address', async () => {
    const { id, audience } = await newAudience(await connect())
    const emails = Array.from({ length: 5_000 }, (_, index) => sha256(String(index)))
    await audience.createUser([], { payload: payload(...emails) })
    await audience.deleteUsers({ payload: payload(...emails.slice(1)) })
    expect(await sandbox.held(id)).toEqual([{ EMAIL: emails[0] }])
  })

  it('replaces everybody', async () => {
    const { id, audience } = await newAudience(await connect())
    await audience.createUser([], { payload: payload(anna, bert) })
    await audience.createUsersReplace([], {
      payload: payload(cleo),
      session: { session_id: 5, batch_seq: 1, last_batch_flag: true },
    })
    expect(await sandbox.held(id)).toEqual([{ EMAIL: cleo }])
  })

  it('erases a person from all audiences of the account', async () => {
    const connected = await connect()
    const [one, two] = [await newAudience(connected), await newAudience(connected)]
    for (const { audience } of [one, two]) await audience.createUser([], { payload: payload(anna, bert) })
    await connected.adAccount.deleteUsersOfAnyAudience({ payload: payload(anna) })
    expect([await sandbox.held(one.id), await sandbox.held(two.id)]).toEqual([[{ EMAIL: bert }], [{ EMAIL: bert }]])
  })

  it('understands the errors', async () => {
    const connected = await connect()
    const { audience } = await newAudience(connected)
    const fails = async (act: () => Promise<unknown>) => {
      try {
        await act()
      } catch (error) {
        return (error as { response: { code: number; error_subcode?: number } }).response
      }
      throw new Error('It did not fail.')
    }
    const expire = (account: MetaAccount) =>
      sandbox.control('PATCH', `/accounts/${account.id}`, { token_expired: true })
    expect(
      await fails(() => audience.createUser([], { payload: { schema: ['EMAIL', 'FN'], data: [[anna]] } })),
    ).toMatchObject({
      code: 100,
      message: expect.stringContaining('Data is missing or does not match schema'),
    })
    expect(await fails(() => connected.adAccount.createCustomAudience([], { name: 'x' }))).toMatchObject({ code: 100 })
    await sandbox.control('POST', '/faults', { platform: 'meta', fault: 'throttled' })
    expect(await fails(() => audience.get(['name']))).toMatchObject({ code: 80003 })
    await expire(connected.account)
    expect(await fails(() => audience.get(['name']))).toMatchObject({ code: 190, error_subcode: 463 })
  })

  it('sends events, hashing by itself what Meta wants hashed', async () => {
    const { settings, credentials } = (await sandbox.control('POST', '/accounts', { platform: 'meta' })).body
    const fbp = 'fb.1.1789990000000.1234567890'
    const person = () => new sdk.UserData().setEmails(['Anna@Example.test ']).setPhone('+1 (555) 555-0123')
    const event = (id: string, action: 'added' | 'removed', who = person()) =>
      new sdk.ServerEvent()
        .setEventName(action === 'added' ? 'added_to_segment' : 'removed_from_segment')
        .setEventId(id)
        .setEventTime(Math.floor(Date.now() / 1_000))
        .setActionSource('website')
        .setEventSourceUrl('https://shop.example.test/')
        .setUserData(who.setClientUserAgent('Browser').setClientIpAddress('192.0.2.1'))
        .setCustomData(new sdk.CustomData().setCustomProperties({ segment_id: 'seg', action }))
    const send = (...events: ReturnType<typeof event>[]) =>
      new sdk.EventRequest(credentials.access_token, settings.pixel_id, events).setTestEventCode('T1').execute()
    const members = async () =>
      (await sandbox.control('GET', `/meta/state?audience=seg&stream=${settings.pixel_id}`)).body.members

    const visitor = () => new sdk.UserData().setFbp(fbp).setExternalId('u-2').setCountry('US')
    const sent = await send(event('1', 'added'), event('2', 'added', visitor()), event('2', 'added', visitor()))
    expect(sent).toMatchObject({ events_received: 3, fbtrace_id: expect.any(String) })
    expect(await members()).toMatchObject([
      { em: anna, ph: sha256('15555550123'), client_user_agent: 'Browser' },
      { fbp, external_id: 'u-2', country: sha256('us') },
    ])
    await send(event('3', 'removed'))
    expect(await members()).toMatchObject([{ fbp }])
    const kept = (await sandbox.control('GET', `/meta/events?stream=${settings.pixel_id}`)).body.events
    expect(kept.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['kept', 'kept', 'repeat', 'kept'])
    await expect(send(event('4', 'added').setEventTime(1_700_000_000))).rejects.toMatchObject({
      response: { code: 100, error_subcode: 2804003 },
    })
  })

  it('is refused under the version it asks for by itself', async () => {
    const connected = await connect()
    sdk = sdkAt(sandbox.url, 'v24.0')
    try {
      await expect(connected.adAccount.getCustomAudiences([], {})).rejects.toMatchObject({ response: { code: 2635 } })
    } finally {
      sdk = sdkAt(sandbox.url, version)
    }
  })
})
