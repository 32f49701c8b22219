import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { api } from '../../../destinations/meta/api.ts'
import { meta } from '../../../destinations/meta/index.ts'
import { sessionIdOf } from '../../../destinations/meta/session-id.ts'
import { INVALID_ENTRY } from '../../../destinations/meta/upload.ts'
import { batchOf, connected, errorReply, failureFrom, LIST, openMeta } from './connected.ts'

const TAKEN = { audience_id: LIST, session_id: '1', num_received: 2, num_invalid_entries: 0 }

describe('a call', () => {
  it('goes to the version of the settings, with the token in a header and never in the URL', async () => {
    const { opened, requests } = await connected({ json: TAKEN }, { settings: { apiVersion: 'v26.0' } })
    await opened.upload(batchOf())
    expect(requests).toHaveLength(1)
    expect(requests[0]).toMatchObject({ method: 'POST', path: `/v26.0/${LIST}/users`, query: {} })
    expect(requests[0]?.headers).toMatchObject({ authorization: 'Bearer TOKEN', 'content-type': 'application/json' })
    expect(requests[0]?.text).not.toMatch(/TOKEN/)
  })

  it('proves the app secret when there is one', async () => {
    const { opened, requests } = await connected({ json: TAKEN }, { credentials: { appSecret: 'SECRET' } })
    await opened.upload(batchOf())
    const proof = createHmac('sha256', 'SECRET').update('TOKEN').digest('hex')
    expect(requests[0]?.query).toEqual({ appsecret_proof: proof })
  })

  it('reports the fullest of the usages that Meta tells', async () => {
    const headers = {
      'x-business-use-case-usage': JSON.stringify({
        '99': [
          {
            type: 'custom_audience',
            call_count: 42,
            total_cputime: 10,
            total_time: 15,
            estimated_time_to_regain_access: 3,
          },
          {
            type: 'ads_insights',
            call_count: 99,
            total_cputime: 1,
            total_time: 1,
            estimated_time_to_regain_access: 60,
          },
        ],
      }),
      'x-ad-account-usage': '{"acc_id_util_pct":51.5}',
      'x-app-usage': 'not json',
    }
    const { opened, usages } = await connected({ json: TAKEN, headers })
    await opened.upload(batchOf())
    expect(usages).toEqual([{ key: opened.quotas.calls?.key, percent: 51.5, regainAfterMs: 180_000 }])
  })

  it('reports usage of refused calls too, and none where nothing can be read', async () => {
    const refused = await connected({ ...errorReply(190), headers: { 'x-app-usage': '{"call_count":80}' } })
    await failureFrom(refused.opened.upload(batchOf()))
    expect(refused.usages).toMatchObject([{ percent: 80 }])
    const silent = await connected({ json: TAKEN, headers: { 'x-business-use-case-usage': '[1,{' } })
    await silent.opened.upload(batchOf())
    expect(silent.usages).toEqual([])
  })

  it('that is dropped, refused, late or stopped is tried again', async () => {
    const dropped = await connected(() => undefined, { timeoutMs: 50 })
    expect(await failureFrom(dropped.opened.readList(LIST))).toMatchObject({ kind: 'retry', code: 'timeout' })

    const stop = new AbortController()
    const stopped = await connected(
      () => {
        stop.abort()
        return undefined
      },
      { signal: stop.signal },
    )
    expect(await failureFrom(stopped.opened.readList(LIST))).toMatchObject({ kind: 'retry', code: 'stopped' })
    expect(await failureFrom(stopped.opened.readList(LIST))).toMatchObject({ kind: 'retry', code: 'stopped' })
    expect(stopped.requests).toHaveLength(1)

    const closed = openMeta('http://127.0.0.1:1')
    expect(await failureFrom(closed.opened.readList(LIST))).toMatchObject({ kind: 'retry', code: 'ECONNREFUSED' })
  })

  it('does not read an answer without end', async () => {
    const { opened } = await connected({ text: 'x'.repeat(9 * 1024 * 1024) })
    expect(await failureFrom(opened.readList(LIST))).toMatchObject({ kind: 'retry', code: 'answer-too-large' })
  })
})

describe('an upload', () => {
  it('adds with POST and removes with DELETE, sending the same', async () => {
    const { opened, requests } = await connected({ json: TAKEN })
    await opened.upload(batchOf())
    await opened.upload(batchOf({ operation: 'remove' }))
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'DELETE'])
    expect(requests[1]?.body).toMatchObject({
      payload: {
        data: [
          ['a'.repeat(64), 'u1'],
          ['', 'u2'],
        ],
      },
    })
  })

  it('answers with the session, and the counts of this batch', async () => {
    const samples = { CANARY: 'CANARY' }
    const json = { ...TAKEN, num_invalid_entries: 1, invalid_entry_samples: samples }
    const { opened } = await connected({ json })
    const receipt = await opened.upload(batchOf())
    expect(receipt).toMatchObject({
      state: 'accepted',
      reference: String(sessionIdOf(batchOf())),
      received: 2,
      refused: 1,
    })
    expect(Object.values(receipt.reasons ?? {})).toEqual([1])
    expect(JSON.stringify(receipt)).not.toMatch(/CANARY/)
  })

  it('tells of counts that an earlier attempt has a share in its own share', async () => {
    const { opened } = await connected({ json: { ...TAKEN, num_received: 4, num_invalid_entries: 2 } })
    expect(await opened.upload(batchOf({ repeated: true }))).toEqual({
      state: 'accepted',
      reference: String(sessionIdOf(batchOf())),
      received: 2,
      refused: 1,
      reasons: { [INVALID_ENTRY]: 1 },
    })
  })

  it('takes a finished session for the lost answer of its first attempt, but only on a repeat', async () => {
    const { opened } = await connected(errorReply(2650, 1870159))
    expect(await opened.upload(batchOf({ repeated: true }))).toMatchObject({ state: 'accepted' })
    expect((await failureFrom(opened.upload(batchOf()))).kind).toBe('config')
  })

  it('does not go to a place that is no list', async () => {
    const { opened, requests } = await connected({ json: TAKEN })
    for (const listId of ['..', 'act_17', 'me', '1/2', '']) {
      expect((await failureFrom(opened.upload(batchOf({ listId })))).kind).toBe('config')
    }
    expect(requests).toEqual([])
  })
})

describe('the settings', () => {
  const parse = (settings: object) => meta.settings.parse(settings)

  it('take the ad account with and without act_', () => {
    expect(parse({ adAccountId: '17' })).toEqual(parse({ adAccountId: ' act_17 ' }))
    expect(parse({ adAccountId: '17' })).toEqual({
      adAccountId: 'act_17',
      apiVersion: api.version,
      customerFileSource: 'USER_PROVIDED_ONLY',
    })
    expect(parse(parse({ adAccountId: '17' }))).toEqual(parse({ adAccountId: '17' }))
  })

  it.each([
    {},
    { adAccountId: 'x' },
    { adAccountId: '17', apiVersion: '../v1' },
    { adAccountId: '17', customerFileSource: 'X' },
  ])('refuse %j', (settings) => expect(() => parse(settings)).toThrow())

  it("go by Meta's own names too, but not in what comes out", () => {
    expect(parse({ ad_account_id: '17', api_version: 'v26.0' })).toMatchObject({
      adAccountId: 'act_17',
      apiVersion: 'v26.0',
    })
    expect(parse({ ad_account_id: '18', adAccountId: '17' }).adAccountId).toBe('act_17')
    expect(meta.credentials.parse({ access_token: 'T', app_secret: 'S' })).toEqual({ accessToken: 'T', appSecret: 'S' })
    expect(Object.keys(z.toJSONSchema(meta.settings).properties ?? {})).toEqual([
      'adAccountId',
      'apiVersion',
      'customerFileSource',
      'datasetId',
    ])
  })

  it('refuse a token that cannot stand in a header', () => {
    expect(() => meta.credentials.parse({ accessToken: 'two\nlines' })).toThrow(/one word/)
  })

  it('name the account of a connection', () => {
    expect(openMeta('http://127.0.0.1:1').opened.account).toBe('act_17')
  })
})
