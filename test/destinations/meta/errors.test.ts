import { describe, expect, it } from 'vitest'
import { batchOf, connected, errorReply, failureFrom, LIST, unread } from './connected.ts'

const MINUTE = 60_000

const onMembers: [code: number, subcode: number | undefined, kind: string, says: RegExp][] = [
  [1, undefined, 'retry', /by itself/],
  [1, 99, 'retry', /by itself/],
  [2, undefined, 'retry', /by itself/],
  [4, undefined, 'throttled', /too many calls/],
  [17, undefined, 'throttled', /too many calls/],
  [32, undefined, 'throttled', /Too many calls/],
  [613, undefined, 'throttled', /limit/],
  [80003, undefined, 'throttled', /limit/],
  [80004, undefined, 'throttled', /limit/],
  [341, undefined, 'throttled', /slowly/],
  [10, undefined, 'auth', /ads_management/],
  [200, undefined, 'auth', /ads_management/],
  [273, undefined, 'auth', /ads_management/],
  [299, undefined, 'auth', /ads_management/],
  [294, undefined, 'auth', /lacks the permission ads_management/],
  [270, undefined, 'auth', /development access/],
  [200, 1870050, 'auth', /does not belong to a business/],
  [200, 1870090, 'auth', /terms/],
  [100, undefined, 'config', /refused a value/],
  [100, 4711, 'config', /refused a value/],
  [100, 33, 'config', /does not find the list/],
  [100, 1713228, 'config', /flagged/],
  [100, 1713230, 'config', /flagged/],
  [100, 1713231, 'config', /flagged/],
  [102, undefined, 'auth', /new access token/],
  [190, undefined, 'auth', /new access token/],
  [190, 458, 'auth', /removed/],
  [190, 459, 'auth', /log in/],
  [190, 460, 'auth', /password/],
  [190, 463, 'auth', /expired/],
  [190, 464, 'auth', /not confirmed/],
  [190, 467, 'auth', /invalidated/],
  [190, 492, 'auth', /role/],
  [105, undefined, 'config', /too many parameters/],
  [194, undefined, 'config', /lacks a parameter/],
  [368, undefined, 'auth', /blocked/],
  [1487301, undefined, 'config', /not shared/],
  [100, 1487301, 'config', /not shared/],
  [1487366, undefined, 'config', /deleted/],
  [100, 1487366, 'config', /deleted/],
  [2635, undefined, 'config', /apiVersion/],
  [2650, 1870145, 'retry', /still running/],
  [2650, 1870147, 'config', /first batch/],
  [2650, 1870158, 'config', /90 minutes/],
  [2650, 1870159, 'config', /session was finished/],
  [2650, 1870144, 'config', /100 million/],
  [2650, 1870148, 'retry', /in part/],
  [2650, undefined, 'config', /could not change the list/],
  [2650, 999, 'config', /could not change the list/],
  [2655, undefined, 'auth', /terms for marketing messages/],
  [2656, undefined, 'config', /lookalike/],
  [987654, undefined, 'config', /not known here/],
]

describe('an error code of Meta', () => {
  it.each(onMembers)('%i/%s is %s', async (code, subcode, kind, says) => {
    const { opened } = await connected(errorReply(code, subcode))
    const failure = await failureFrom(opened.upload(batchOf()))
    expect(failure.kind).toBe(kind)
    expect(failure.message).toMatch(says)
    expect(failure.code).toBe(subcode ? `${code}/${subcode}` : String(code))
    expect(failure.message).not.toMatch(/CANARY|example\.test/)
    expect(failure.retryAfterMs !== undefined).toBe(kind === 'throttled')
  })

  it('suspects a row only where Meta says no more than that a value of the members is wrong', async () => {
    const suspects = async (code: number, subcode?: number) => {
      const { opened } = await connected(errorReply(code, subcode))
      return (await failureFrom(opened.upload(batchOf()))).rowsSuspect
    }
    expect(await suspects(100)).toBe(true)
    expect(await suspects(100, 4711)).toBe(true)
    expect(await suspects(100, 33)).toBe(false)
    expect(await suspects(100, 1713230)).toBe(false)
    expect(await suspects(190)).toBe(false)
    const { opened } = await connected(errorReply(100))
    expect((await failureFrom(opened.readList(LIST))).rowsSuspect).toBe(false)
  })

  it('tells a list that is gone from an account that is not there', async () => {
    for (const reply of [errorReply(100, 33), errorReply(1487366), errorReply(100, 1487366)]) {
      const { opened } = await connected(reply)
      const open = { listId: LIST, operation: 'add', reference: '5', rows: 1, sentAt: new Date(), ...unread } as const
      for (const call of [opened.upload(batchOf()), opened.readList(LIST), opened.settle(open)]) {
        expect(await failureFrom(call)).toMatchObject({ kind: 'config', listGone: true })
      }
    }
    const { opened } = await connected(errorReply(100, 33))
    const failure = await failureFrom(opened.lists({ limit: 5 }))
    expect(failure).toMatchObject({ kind: 'auth', listGone: false })
    expect(failure.message).toMatch(/ad account/)
  })

  it('is decided by the code, not by the HTTP status', async () => {
    for (const status of [200, 400, 401, 403, 429, 500]) {
      const { opened } = await connected(errorReply(80003, undefined, { status }))
      expect(await failureFrom(opened.upload(batchOf()))).toMatchObject({ kind: 'throttled' })
    }
  })

  it('that is not known passes by itself when Meta calls it transient', async () => {
    const extra = { is_transient: true }
    for (const [code, kind] of [[987654, 'retry'] as const, [2650, 'retry'] as const, [190, 'auth'] as const]) {
      const { opened } = await connected(errorReply(code, undefined, { extra }))
      expect((await failureFrom(opened.upload(batchOf()))).kind).toBe(kind)
    }
  })
})

describe('an answer without a code', () => {
  it.each([
    [400, 'config'],
    [401, 'auth'],
    [403, 'auth'],
    [404, 'config'],
    [429, 'throttled'],
    [500, 'retry'],
    [503, 'retry'],
  ])('of HTTP %i is %s', async (status, kind) => {
    const { opened } = await connected({ status, json: {} })
    expect(await failureFrom(opened.upload(batchOf()))).toMatchObject({ kind, code: `http ${status}` })
  })

  it.each([200, 400, 502])('that is a page of HTML with HTTP %i is tried again and not quoted', async (status) => {
    const { opened } = await connected({
      status,
      text: '<html>CANARY</html>',
      headers: { 'content-type': 'text/html' },
    })
    const failure = await failureFrom(opened.upload(batchOf()))
    expect(failure.kind).toBe('retry')
    expect(failure.message).not.toMatch(/CANARY/)
  })

  it('of a form that is not known is tried again', async () => {
    const { opened } = await connected({ json: { surprise: 'CANARY' } })
    const failure = await failureFrom(opened.upload(batchOf()))
    expect(failure).toMatchObject({ kind: 'retry', code: 'unreadable-reply' })
    expect(failure.message).not.toMatch(/CANARY/)
  })
})

describe('a throttled call', () => {
  const throttled = async (headers: Record<string, string>) => {
    const { opened } = await connected({ ...errorReply(80003), headers })
    return (await failureFrom(opened.upload(batchOf()))).retryAfterMs
  }

  it('waits as many minutes as the usage header says', async () => {
    const usage = { '17': [{ type: 'custom_audience', call_count: 100, estimated_time_to_regain_access: 12 }] }
    expect(await throttled({ 'x-business-use-case-usage': JSON.stringify(usage) })).toBe(12 * MINUTE)
  })

  it('waits the seconds until the account is reset', async () => {
    const usage = { acc_id_util_pct: 100, reset_time_duration: 90 }
    expect(await throttled({ 'x-ad-account-usage': JSON.stringify(usage) })).toBe(90_000)
  })

  it('waits a while where Meta says nothing, or nothing that can be read', async () => {
    expect(await throttled({})).toBe(5 * MINUTE)
    expect(await throttled({ 'x-business-use-case-usage': '{"17":' })).toBe(5 * MINUTE)
    expect(await throttled({ 'retry-after': '30' })).toBe(30_000)
  })
})
