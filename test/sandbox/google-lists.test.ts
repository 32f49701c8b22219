import { describe, expect, it } from 'vitest'
import {
  byEmail,
  google,
  heldBy,
  ingest,
  listBody,
  listsPath,
  newGoogleAccount,
  newList,
  violations,
} from './support/google.ts'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

async function start() {
  const account = await newGoogleAccount(sandbox)
  const path = listsPath(account)
  return {
    account,
    path,
    call: (method: string, on = '', body?: unknown) => google(sandbox, account, method, `${path}${on}`, body),
  }
}

describe('user lists', () => {
  it('are created, read, changed and deleted', async () => {
    const { account, call } = await start()
    const created = await call('POST', '', listBody({ displayName: 'VIP', description: 'best' }))
    expect(created).toMatchObject({
      status: 200,
      body: {
        name: `accountTypes/GOOGLE_ADS/accounts/${account.id}/userLists/${created.body.id}`,
        id: expect.stringMatching(/^\d+$/),
        displayName: 'VIP',
        description: 'best',
        membershipStatus: 'OPEN',
        membershipDuration: '46656000s',
        sizeInfo: { displayNetworkMembersCount: '0' },
        ingestedUserListInfo: {
          uploadKeyTypes: ['CONTACT_ID'],
          contactIdInfo: { dataSourceType: 'DATA_SOURCE_TYPE_FIRST_PARTY' },
        },
      },
    })
    const one = `/${created.body.id}`
    expect(
      (
        await call('PATCH', `${one}?updateMask=displayName,membershipStatus`, {
          displayName: 'New',
          membershipStatus: 'CLOSED',
        })
      ).status,
    ).toBe(200)
    expect((await call('PATCH', one, { membershipDuration: '86400s' })).status).toBe(200)
    expect(
      (await call('PATCH', `${one}?updateMask=description`, { description: 'not', displayName: 'ignored' })).body
        .description,
    ).toBe('not')
    expect((await call('GET', one)).body).toMatchObject({
      displayName: 'New',
      membershipStatus: 'CLOSED',
      membershipDuration: '86400s',
    })
    expect(await call('DELETE', one)).toMatchObject({ status: 200, body: {} })
    expect(await call('GET', one)).toMatchObject({ status: 404, body: { error: { status: 'NOT_FOUND' } } })
    expect((await sandbox.control('GET', `/google/lists/${created.body.id}`)).status).toBe(404)
  })

  it('tell a size from 100 members on', async () => {
    const { account, call } = await start()
    const list = await newList(sandbox, account)
    const names = Array.from({ length: 150 }, (_, index) => String(index))
    await google(sandbox, account, 'POST', '/v1/audienceMembers:ingest', ingest(account, list, byEmail(...names)))
    expect((await call('GET', `/${list}`)).body).toMatchObject({
      sizeInfo: { searchNetworkMembersCount: '120' },
      targetNetworkInfo: { eligibleForDisplay: true },
      ingestedUserListInfo: { contactIdInfo: { matchRatePercentage: 80 } },
    })
    await sandbox.control('POST', `/google/lists/${list}/close`)
    expect((await call('GET', `/${list}`)).body).toMatchObject({ membershipStatus: 'CLOSED', closingReason: 'UNUSED' })
  })

  it.each<[string, object, string, string]>([
    ['no name', { displayName: undefined }, 'display_name', 'REQUIRED_FIELD_MISSING'],
    ['an empty name', { displayName: ' ' }, 'display_name', 'REQUIRED_FIELD_MISSING'],
    ['a long name', { displayName: 'x'.repeat(256) }, 'display_name', 'INVALID_DISPLAY_NAME'],
    ['541 days', { membershipDuration: '46742400s' }, 'membership_duration', 'MEMBERSHIP_DURATION_TOO_LONG'],
    ['half a day', { membershipDuration: '43200s' }, 'membership_duration', 'INVALID_FORMAT'],
    ['no time', { membershipDuration: '0s' }, 'membership_duration', 'INVALID_FORMAT'],
    [
      'no keys',
      { ingestedUserListInfo: undefined },
      'ingested_user_list_info.upload_key_types',
      'REQUIRED_FIELD_MISSING',
    ],
    [
      'keys of partners',
      { ingestedUserListInfo: { uploadKeyTypes: ['PAIR_ID'] } },
      'ingested_user_list_info.upload_key_types',
      'UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES',
    ],
    [
      'two kinds of keys',
      { ingestedUserListInfo: { uploadKeyTypes: ['CONTACT_ID', 'USER_ID'] } },
      'ingested_user_list_info.upload_key_types',
      'UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES',
    ],
    [
      'mobile ids of no app',
      { ingestedUserListInfo: { uploadKeyTypes: ['MOBILE_ID'], mobileIdInfo: { keySpace: 'IOS' } } },
      'ingested_user_list_info.mobile_id_info.app_id',
      'REQUIRED_FIELD_MISSING',
    ],
  ])('are not created with %s', async (_, change, field, reason) => {
    const { call } = await start()
    expect(violations(await call('POST', '', listBody(change)))).toEqual([[`user_list.${field}`, reason]])
  })

  it('have names of their own, also after a change', async () => {
    const { account, call } = await start()
    await newList(sandbox, account, { displayName: 'VIP' })
    const other = await newList(sandbox, account, { displayName: 'Other' })
    const taken = [['user_list.display_name', 'DISPLAY_NAME_ALREADY_USED']]
    expect(violations(await call('POST', '', listBody({ displayName: 'VIP' })))).toEqual(taken)
    expect(violations(await call('PATCH', `/${other}`, { displayName: 'VIP' }))).toEqual(taken)
    expect((await call('PATCH', `/${other}`, { displayName: 'Other' })).status).toBe(200)
  })

  it('are checked only, on request', async () => {
    const { account, call } = await start()
    const list = await newList(sandbox, account, { displayName: 'Kept' })
    expect((await call('POST', '?validateOnly=true', listBody())).status).toBe(200)
    expect((await call('DELETE', `/${list}?validateOnly=true`)).status).toBe(200)
    expect((await call('PATCH', `/${list}?validateOnly=true`, { displayName: 'Lost' })).status).toBe(200)
    expect((await call('GET')).body.userLists.map(({ displayName }: { displayName: string }) => displayName)).toEqual([
      'Kept',
    ])
  })

  it('refuse masks of nothing and of what stands for ever', async () => {
    const { account, call } = await start()
    const list = await newList(sandbox, account)
    const reasons = async (mask: string) => violations(await call('PATCH', `/${list}?updateMask=${mask}`, {}))[0]?.[1]
    expect(await reasons('colour')).toBe('INVALID_UPDATE_MASK')
    expect(await reasons('ingested_user_list_info.upload_key_types')).toBe('IMMUTABLE_FIELD_FOR_UPDATE')
  })

  it('are paged through and filtered', async () => {
    const { account, call } = await start()
    for (const displayName of ['VIP', 'VIP 2', 'say "hi"']) await newList(sandbox, account, { displayName })
    const names = async (query: object) => {
      const { body } = await call('GET', `?${new URLSearchParams({ ...query })}`)
      return (body.userLists ?? []).map(({ displayName }: { displayName: string }) => displayName)
    }
    const first = await call('GET', '?pageSize=2')
    expect(first.body.userLists).toHaveLength(2)
    expect(await names({ pageSize: '2', pageToken: first.body.nextPageToken })).toEqual(['say "hi"'])
    expect((await call('GET', '?pageToken=x')).status).toBe(400)
    expect((await call('GET', '?pageSize=-1')).status).toBe(400)
    expect(await names({ filter: 'display_name = "VIP"' })).toEqual(['VIP'])
    expect(await names({ filter: 'displayName:"vip" AND membership_status = OPEN' })).toEqual(['VIP', 'VIP 2'])
    expect(await names({ filter: 'display_name = "say \\"hi\\""' })).toEqual(['say "hi"'])
    expect(await names({ filter: 'display_name != "VIP" AND id > 5' })).toEqual(['VIP 2', 'say "hi"'])
    expect(await names({ filter: 'membership_status = CLOSED' })).toEqual([])
    for (const filter of ['colour = "red"', 'display_name', 'display_name = "x" AND', 'display_name = "x" OR id = 1'])
      expect(violations(await call('GET', `?${new URLSearchParams({ filter })}`))).toEqual([
        ['filter', 'INVALID_FILTER'],
      ])
  })

  it('stand under accounts of Google Ads', async () => {
    const { account } = await start()
    const at = (path: string) => google(sandbox, account, 'GET', `/v1/accountTypes/${path}/userLists`)
    expect(violations(await at(`DATA_PARTNER/accounts/${account.id}`))).toEqual([
      ['parent', 'DESTINATION_ACCOUNT_TYPE_MISMATCH'],
    ])
    expect(violations(await at('GOOGLE_ADS/accounts/123-456-7890'))).toEqual([['parent', 'INVALID_RESOURCE_NAME']])
    expect((await google(sandbox, account, 'GET', '/v1/nothing')).status).toBe(404)
    expect((await google(sandbox, account, 'PUT', listsPath(account), {})).status).toBe(404)
  })

  it('a flagged one cannot be changed', async () => {
    const { account, call } = await start()
    const list = await newList(sandbox, account)
    await sandbox.control('POST', `/google/lists/${list}/flag`)
    expect(violations(await call('PATCH', `/${list}`, { displayName: 'x' }))).toEqual([
      ['user_list', 'SENSITIVE_USER_LIST_IMMUTABLE'],
    ])
    expect(await heldBy(sandbox, 'google', list)).toEqual([])
  })
})
