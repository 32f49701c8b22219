import { describe, expect, it } from 'vitest'
import type { GoogleAccount } from './support/google.ts'
import {
  byEmail,
  destination,
  google,
  granted,
  hashOf,
  heldBy,
  ingest,
  listBody,
  newGoogleAccount,
  newList,
  remove,
  statusOf,
  violations,
} from './support/google.ts'
import { sha256, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const INGEST = '/v1/audienceMembers:ingest'
const REMOVE = '/v1/audienceMembers:remove'

const post = (account: GoogleAccount, path: string, body: unknown) => google(sandbox, account, 'POST', path, body)
const held = (list: string) => heldBy(sandbox, 'google', list)

async function start(state?: object) {
  const account = await newGoogleAccount(sandbox, state)
  return { account, list: await newList(sandbox, account) }
}

const phone = sha256('+15555550123')
const address = { givenName: sha256('anna'), familyName: sha256('test'), regionCode: 'US', postalCode: '94045' }

describe('what a list holds', () => {
  it('adds, repeats without effect, and removes by any identifier', async () => {
    const { account, list } = await start()
    const anna = {
      userData: { userIdentifiers: [{ emailAddress: hashOf('anna') }, { phoneNumber: phone }, { address }] },
    }
    for (let times = 0; times < 2; times++) {
      const reply = await post(account, INGEST, ingest(account, list, [anna, ...byEmail('bert')]))
      expect(reply).toMatchObject({ status: 200, body: { requestId: expect.any(String) } })
    }
    expect(await held(list)).toEqual([
      {
        emailAddress: hashOf('anna'),
        phoneNumber: phone,
        address: `${address.givenName}|${address.familyName}|US|94045`,
      },
      { emailAddress: hashOf('bert') },
    ])
    const gone = { userData: { userIdentifiers: [{ phoneNumber: phone }] } }
    expect((await post(account, REMOVE, remove(account, list, [gone]))).status).toBe(200)
    expect(await held(list)).toEqual([{ emailAddress: hashOf('bert') }])
  })

  it('knows a hash in hex of either case and in base64 as the same', async () => {
    const { account, list } = await start()
    const hex = hashOf('anna')
    const base64 = Buffer.from(hex, 'hex').toString('base64')
    const member = (emailAddress: string) => [{ userData: { userIdentifiers: [{ emailAddress }] } }]
    await post(account, INGEST, ingest(account, list, member(hex.toUpperCase())))
    await post(account, INGEST, ingest(account, list, member(base64), { encoding: 'BASE64' }))
    expect(await held(list)).toEqual([{ emailAddress: hex }])
  })

  it('holds several e-mails of one member, mobile ids and user ids', async () => {
    const { account, list } = await start()
    const two = { userData: { userIdentifiers: [{ emailAddress: hashOf('a') }, { emailAddress: hashOf('b') }] } }
    await post(account, INGEST, ingest(account, list, [two]))
    expect(await held(list)).toEqual([{ emailAddress: [hashOf('a'), hashOf('b')].sort() }])

    const devices = await newList(sandbox, account, {
      ingestedUserListInfo: { uploadKeyTypes: ['MOBILE_ID'], mobileIdInfo: { keySpace: 'IOS', appId: '123' } },
    })
    const id = '0a1b2c3d-0000-4000-8000-0123456789ab'
    await post(account, INGEST, ingest(account, devices, [{ mobileData: { mobileIds: [id.toUpperCase()] } }]))
    expect(await held(devices)).toEqual([{ mobileId: id }])

    const users = await newList(sandbox, account, { ingestedUserListInfo: { uploadKeyTypes: ['USER_ID'] } })
    const body = ingest(account, users, [{ userIdData: { userId: 'u-1' } }], {
      termsOfService: undefined,
      encoding: undefined,
    })
    expect((await post(account, INGEST, body)).status).toBe(200)
    expect(await held(users)).toEqual([{ userId: 'u-1' }])
  })

  it('sends each member to the destinations that it names', async () => {
    const { account, list } = await start()
    const other = await newList(sandbox, account)
    const destinations = [
      destination(account, list, { reference: 'one' }),
      destination(account, other, { reference: 'two' }),
    ]
    const [anna, bert] = byEmail('anna', 'bert')
    const members = [{ ...anna, destinationReferences: ['one'] }, bert ?? {}]
    const { body } = await post(account, INGEST, ingest(account, list, members, { destinations }))
    expect([(await held(list)).length, (await held(other)).length]).toEqual([2, 1])
    await sandbox.control('POST', '/clock', { platform: 'google', advance: '30m' })
    const fresh = await newToken(account)
    const { body: status } = await statusOf(sandbox, fresh, body.requestId)
    expect(
      status.requestStatusPerDestination.map(
        (part: { audienceMembersIngestionStatus: { userDataIngestionStatus: { recordCount: string } } }) =>
          part.audienceMembersIngestionStatus.userDataIngestionStatus.recordCount,
      ),
    ).toEqual(['2', '1'])
  })

  it('empties with removeAll', async () => {
    const { account, list } = await start()
    await post(account, INGEST, ingest(account, list, byEmail('anna', 'bert')))
    const reply = await post(account, '/v1/audienceMembers:removeAll', { destinations: [destination(account, list)] })
    expect(reply).toMatchObject({ status: 200, body: { requestId: expect.any(String) } })
    expect(await held(list)).toEqual([])
  })

  it('loses members whose last add is longer ago than the membership duration', async () => {
    const { account } = await start()
    const list = await newList(sandbox, account, { membershipDuration: '864000s' })
    await post(account, INGEST, ingest(account, list, byEmail('anna', 'bert')))
    await sandbox.control('POST', '/clock', { platform: 'google', advance: '9d' })
    const fresh = await newToken(account)
    await post(fresh, INGEST, ingest(account, list, byEmail('bert')))
    await sandbox.control('POST', '/clock', { platform: 'google', advance: '1d' })
    expect(await held(list)).toEqual([{ emailAddress: hashOf('bert') }])
    await sandbox.control('POST', '/clock', { platform: 'google', advance: '9d' })
    expect(await held(list)).toEqual([])
  })

  it('does nothing for a dry run, whose id has no status', async () => {
    const { account, list } = await start()
    const { body } = await post(account, INGEST, ingest(account, list, byEmail('anna'), { validateOnly: true }))
    expect(await held(list)).toEqual([])
    expect(violations(await statusOf(sandbox, account, body.requestId))).toEqual([['request_id', 'INVALID_REQUEST_ID']])
  })
})

async function newToken(account: GoogleAccount): Promise<GoogleAccount> {
  const { fetchToken } = await import('./support/google.ts')
  return { ...account, token: (await fetchToken(account.credentials)).body.access_token }
}

const bad = (userIdentifiers: unknown) => ({ userData: { userIdentifiers } })
const part = (change: object) => bad([{ address: { ...address, ...change } }])
const many = (count: number) => Array.from({ length: count }, (_, index) => ({ emailAddress: sha256(String(index)) }))
const deviceId = '0a1b2c3d-0000-4000-8000-0123456789ab'

describe('one bad record refuses the whole request', () => {
  it.each<[string, object, string, string]>([
    [
      'hex that is none',
      bad([{ emailAddress: 'anna@example.test' }]),
      'user_data.user_identifiers[0].email_address',
      'INVALID_HEX_ENCODING',
    ],
    [
      'a hash that is too short',
      bad([{ emailAddress: 'abcd' }]),
      'user_data.user_identifiers[0].email_address',
      'INVALID_SHA256_FORMAT',
    ],
    [
      'an empty hash',
      bad([{ phoneNumber: '' }]),
      'user_data.user_identifiers[0].phone_number',
      'REQUIRED_FIELD_MISSING',
    ],
    ['no identifier', bad([]), 'user_data.user_identifiers', 'REQUIRED_FIELD_MISSING'],
    ['an identifier without any', bad([{}]), 'user_data.user_identifiers[0]', 'REQUIRED_FIELD_MISSING'],
    ['eleven identifiers', bad(many(11)), 'user_data.user_identifiers', 'TOO_MANY_USER_IDENTIFIERS'],
    [
      'an address without a name',
      part({ givenName: undefined }),
      'user_data.user_identifiers[0].address.given_name',
      'REQUIRED_FIELD_MISSING',
    ],
    [
      'an address without a postal code',
      part({ postalCode: ' ' }),
      'user_data.user_identifiers[0].address.postal_code',
      'REQUIRED_FIELD_MISSING',
    ],
    [
      'a postal code that is none',
      part({ postalCode: '?!' }),
      'user_data.user_identifiers[0].address.postal_code',
      'INVALID_POSTAL_CODE',
    ],
    [
      'a region in words',
      part({ regionCode: 'usa' }),
      'user_data.user_identifiers[0].address.region_code',
      'INVALID_REGION_CODE',
    ],
    [
      'an address without a region',
      part({ regionCode: '' }),
      'user_data.user_identifiers[0].address.region_code',
      'REQUIRED_FIELD_MISSING',
    ],
    ['no data', {}, '', 'INVALID_AUDIENCE_MEMBER'],
    ['another kind of data', { userIdData: { userId: 'u' } }, '', 'MULTIPLE_DATA_TYPES_NOT_ALLOWED'],
    [
      'a destination that is not there',
      { ...byEmail('x')[0], destinationReferences: ['d9'] },
      'destination_references[0]',
      'INVALID_DESTINATION',
    ],
  ])('%s', async (_, member, field, reason) => {
    const { account, list } = await start()
    const reply = await post(account, INGEST, ingest(account, list, [...byEmail('anna'), member]))
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 400, status: 'INVALID_ARGUMENT' } } })
    expect(violations(reply)).toEqual([[`audience_members[1]${field && `.${field}`}`, reason]])
    expect(await held(list)).toEqual([])
  })

  it('names every bad record at once', async () => {
    const { account, list } = await start()
    const reply = await post(account, REMOVE, remove(account, list, [bad([{}]), ...byEmail('a'), bad([{}])]))
    expect(violations(reply).map(([field]) => field.slice(0, 19))).toEqual([
      'audience_members[0]',
      'audience_members[2]',
    ])
  })

  it('checks mobile ids and base64', async () => {
    const { account, list } = await start()
    const devices = await newList(sandbox, account, {
      ingestedUserListInfo: { uploadKeyTypes: ['MOBILE_ID'], mobileIdInfo: { keySpace: 'ANDROID', appId: 'x' } },
    })
    const of = (mobileIds: string[]) => post(account, INGEST, ingest(account, devices, [{ mobileData: { mobileIds } }]))
    expect(violations(await of(['nope']))).toEqual([
      ['audience_members[0].mobile_data.mobile_ids[0]', 'INVALID_MOBILE_ID_FORMAT'],
    ])
    expect(violations(await of(Array(11).fill(deviceId)))).toEqual([
      ['audience_members[0].mobile_data.mobile_ids', 'TOO_MANY_ELEMENTS'],
    ])
    expect(violations(await of([]))).toEqual([['audience_members[0].mobile_data.mobile_ids', 'REQUIRED_FIELD_MISSING']])
    const base64 = ingest(account, list, [bad([{ emailAddress: '*' }])], { encoding: 'BASE64' })
    expect(violations(await post(account, INGEST, base64))).toEqual([
      ['audience_members[0].user_data.user_identifiers[0].email_address', 'INVALID_BASE64_ENCODING'],
    ])
  })
})

describe('the request as a whole', () => {
  it.each<[string, object, [string, string][]]>([
    ['no encoding', { encoding: undefined }, [['encoding', 'REQUIRED_FIELD_MISSING']]],
    [
      'terms not accepted',
      { termsOfService: { customerMatchTermsOfServiceStatus: 'REJECTED' } },
      [['terms_of_service.customer_match_terms_of_service_status', 'TERMS_AND_CONDITIONS_NOT_SIGNED']],
    ],
    [
      'no word of terms',
      { termsOfService: undefined },
      [['terms_of_service.customer_match_terms_of_service_status', 'TERMS_AND_CONDITIONS_NOT_SIGNED']],
    ],
    ['no members', { audienceMembers: [] }, [['audience_members', 'REQUIRED_FIELD_MISSING']]],
    ['no destinations', { destinations: [] }, [['destinations', 'REQUIRED_FIELD_MISSING']]],
    ['encrypted data', { encryptionInfo: {} }, [['encryption_info', 'INVALID_ARGUMENT']]],
    [
      'data of partners only',
      { audienceMembers: [{ pairData: { pairIds: ['x'] } }] },
      [['audience_members[0].pair_data', 'NOT_ALLOWLISTED']],
    ],
  ])('is refused for %s', async (_, change, expected) => {
    const { account, list } = await start()
    expect(violations(await post(account, INGEST, ingest(account, list, byEmail('a'), change)))).toEqual(expected)
    expect(await held(list)).toEqual([])
  })

  it('takes 10,000 members and not one more', async () => {
    const { account, list } = await start()
    const members = byEmail(...Array.from({ length: 10_001 }, (_, index) => String(index)))
    const reply = await post(account, INGEST, ingest(account, list, members))
    expect(violations(reply)).toEqual([['audience_members', 'TOO_MANY_AUDIENCE_MEMBERS']])
    expect((await post(account, INGEST, ingest(account, list, members.slice(1)))).status).toBe(200)
    const { body } = await sandbox.control('GET', `/google/lists/${list}?limit=1`)
    expect(body.count).toBe(10_000)
  })

  it('takes 10 destinations and not one more', async () => {
    const { account, list } = await start()
    const destinations = Array.from({ length: 11 }, (_, index) =>
      destination(account, list, { reference: `d${index}` }),
    )
    const send = (some: object[]) => post(account, INGEST, ingest(account, list, byEmail('a'), { destinations: some }))
    expect(violations(await send(destinations))).toEqual([['destinations', 'TOO_MANY_DESTINATIONS']])
    expect((await send(destinations.slice(1))).status).toBe(200)
  })

  it('is refused for what the message does not know, in snake case and by place', async () => {
    const { account, list } = await start()
    const reply = await post(account, INGEST, {
      ...ingest(account, list, [{ email: 'x' }]),
      extra: 1,
      validate_only: 'yes',
    })
    expect(reply.status).toBe(400)
    expect(reply.body.error.message.split('\n')).toEqual([
      `Invalid JSON payload received. Unknown name "email" at 'audience_members[0]': Cannot find field.`,
      'Invalid JSON payload received. Unknown name "extra": Cannot find field.',
      "Invalid value at 'validate_only' (bool), found string",
    ])
    const twice = bad([{ emailAddress: hashOf('a'), phoneNumber: phone }])
    expect((await post(account, INGEST, ingest(account, list, [twice]))).body.error.message).toContain('oneof')
    const terms = remove(account, list, byEmail('a'), { termsOfService: {}, consent: granted })
    expect((await post(account, REMOVE, terms)).body.error.message).toContain('Unknown name "termsOfService"')
    expect((await post(account, INGEST, '{"destinations":')).body.error.message).toContain('Parsing terminated')
  })

  it('takes snake case as well', async () => {
    const { account, list } = await start()
    const body = {
      destinations: [
        { operating_account: { account_type: 'GOOGLE_ADS', account_id: account.id }, product_destination_id: list },
      ],
      audience_members: [{ user_data: { user_identifiers: [{ email_address: hashOf('anna') }] } }],
      encoding: 'HEX',
      terms_of_service: { customer_match_terms_of_service_status: 'ACCEPTED' },
    }
    expect((await post(account, INGEST, body)).status).toBe(200)
    expect(await held(list)).toEqual([{ emailAddress: hashOf('anna') }])
  })

  it.each<[string, (account: GoogleAccount, list: string) => object, [string, string]]>([
    [
      'a list that is not there',
      (account) => destination(account, '999'),
      ['destinations[0].product_destination_id', 'INVALID_USER_LIST_ID'],
    ],
    [
      'a list that is no number',
      (account) => destination(account, 'vip'),
      ['destinations[0].product_destination_id', 'INVALID_DESTINATION'],
    ],
    [
      'no list',
      (account) => destination(account, ''),
      ['destinations[0].product_destination_id', 'REQUIRED_FIELD_MISSING'],
    ],
    [
      'an account with hyphens',
      (_, list) => destination({ id: '123-456-7890' }, list),
      ['destinations[0].operating_account.account_id', 'INVALID_FORMAT'],
    ],
    [
      'another type of account',
      ({ id }, list) => ({
        productDestinationId: list,
        operatingAccount: { accountType: 'DATA_PARTNER', accountId: id },
      }),
      ['destinations[0].operating_account.account_type', 'DESTINATION_ACCOUNT_TYPE_MISMATCH'],
    ],
    [
      'no type of account',
      ({ id }, list) => ({ productDestinationId: list, operatingAccount: { accountId: id } }),
      ['destinations[0].operating_account.account_type', 'REQUIRED_FIELD_MISSING'],
    ],
    [
      'a linked account',
      (account, list) =>
        destination(account, list, { linkedAccount: { accountType: 'GOOGLE_ADS', accountId: account.id } }),
      ['destinations[0].linked_account', 'LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT'],
    ],
  ])('is refused for %s', async (_, make, expected) => {
    const { account, list } = await start()
    const body = ingest(account, list, byEmail('a'), { destinations: [make(account, list)] })
    expect(violations(await post(account, INGEST, body))).toEqual([expected])
  })

  it('is refused for two destinations with one reference, and for a list of another kind', async () => {
    const { account, list } = await start()
    const twice = [destination(account, list, { reference: 'd' }), destination(account, list, { reference: 'd' })]
    expect(
      violations(await post(account, INGEST, ingest(account, list, byEmail('a'), { destinations: twice }))),
    ).toEqual([['destinations[1].reference', 'DUPLICATE_DESTINATION_REFERENCE']])
    const users = await newList(sandbox, account, { ingestedUserListInfo: { uploadKeyTypes: ['USER_ID'] } })
    expect(violations(await post(account, INGEST, ingest(account, users, byEmail('a'))))).toEqual([
      ['destinations[0].product_destination_id', 'INVALID_USER_LIST_TYPE'],
    ])
  })

  it('is refused for a list that was deleted, flagged or closed', async () => {
    const { account, list } = await start()
    const act = (action: string) => sandbox.control('POST', `/google/lists/${list}/${action}`)
    const reasons = async () =>
      violations(await post(account, INGEST, ingest(account, list, byEmail('a')))).map(([, reason]) => reason)
    await act('flag')
    expect(await reasons()).toEqual(['SENSITIVE_USER_LIST_IMMUTABLE'])
    await act('unflag')
    await act('close')
    expect(await reasons()).toEqual(['INVALID_DESTINATION'])
    expect((await post(account, REMOVE, remove(account, list, byEmail('a')))).status).toBe(200)
    await act('open')
    expect((await post(account, INGEST, ingest(account, list, byEmail('a')))).status).toBe(200)
    await act('delete')
    expect(await reasons()).toEqual(['INVALID_USER_LIST_ID'])
  })

  it('is refused while the account has not signed, or is not allowlisted', async () => {
    const { account, list } = await start()
    const change = (state: object) => sandbox.control('PATCH', `/accounts/${account.id}`, state)
    await change({ terms_accepted: false })
    const reasons = async () =>
      violations(await post(account, INGEST, ingest(account, list, byEmail('a')))).map(([, reason]) => reason)
    expect(await reasons()).toEqual(['TERMS_AND_CONDITIONS_NOT_SIGNED'])
    expect(
      violations(
        await google(
          sandbox,
          account,
          'POST',
          `/v1/accountTypes/GOOGLE_ADS/accounts/${account.id}/userLists`,
          listBody(),
        ),
      ),
    ).toEqual([['user_list', 'TERMS_AND_CONDITIONS_NOT_SIGNED']])
    await change({ terms_accepted: true, allowlisted: false })
    expect(await reasons()).toEqual(['NOT_ALLOWLISTED'])
  })
})
