import { beforeEach, describe, expect, it } from 'vitest'
import {
  byEmail,
  fetchToken,
  google,
  granted,
  heldBy,
  ingest,
  newGoogleAccount,
  newList,
  remove,
  statusOf,
  violations,
} from './support/google.ts'
import { sha256, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
beforeEach(() => sandbox.control('DELETE', '/google'))

const advance = (time: string) => sandbox.control('POST', '/clock', { platform: 'google', advance: time })

/** An account whose requests take the half hour that Google's do. */
async function start(state: object = {}) {
  const account = await newGoogleAccount(sandbox, { processing_seconds: 1_800, ...state })
  const list = await newList(sandbox, account)
  const upload = async (members: object[], more?: object) =>
    (await google(sandbox, account, 'POST', '/v1/audienceMembers:ingest', ingest(account, list, members, more))).body
      .requestId
  const parts = async (requestId: string) =>
    (await statusOf(sandbox, account, requestId)).body.requestStatusPerDestination
  return { account, list, upload, parts }
}

const done = async (parts: (id: string) => Promise<unknown>, id: string) => {
  await advance('30m')
  return parts(id)
}

describe('the status of a request', () => {
  it('is PROCESSING for its time and then SUCCESS, with 64-bit numbers as strings', async () => {
    const { account, list, upload, parts } = await start()
    const id = await upload(byEmail('anna', 'bert'))
    const destination = {
      operatingAccount: { accountType: 'GOOGLE_ADS', accountId: account.id },
      productDestinationId: list,
    }
    expect(await parts(id)).toEqual([{ destination, requestStatus: 'PROCESSING' }])
    await advance('29m')
    expect(await parts(id)).toMatchObject([{ requestStatus: 'PROCESSING' }])
    await advance('1m')
    expect(await parts(id)).toEqual([
      {
        destination,
        requestStatus: 'SUCCESS',
        audienceMembersIngestionStatus: {
          userDataIngestionStatus: {
            recordCount: '2',
            userIdentifierCount: '2',
            uploadMatchRateRange: 'MATCH_RATE_RANGE_NOT_ELIGIBLE',
          },
        },
      },
    ])
  })

  it('takes two seconds unless told otherwise, and tells a match rate from 100 members on', async () => {
    const account = await newGoogleAccount(sandbox)
    const list = await newList(sandbox, account)
    const members = byEmail(...Array.from({ length: 100 }, (_, index) => String(index)))
    const { body } = await google(
      sandbox,
      account,
      'POST',
      '/v1/audienceMembers:ingest',
      ingest(account, list, members),
    )
    await advance('2s')
    const { body: status } = await statusOf(sandbox, account, body.requestId)
    expect(status.requestStatusPerDestination).toMatchObject([
      {
        audienceMembersIngestionStatus: {
          userDataIngestionStatus: { uploadMatchRateRange: 'MATCH_RATE_RANGE_71_TO_80' },
        },
      },
    ])
  })

  it('of a removal counts what was sent', async () => {
    const { account, list, parts } = await start()
    const reply = await google(
      sandbox,
      account,
      'POST',
      '/v1/audienceMembers:remove',
      remove(account, list, byEmail('x', 'y')),
    )
    expect(await done(parts, reply.body.requestId)).toMatchObject([
      {
        requestStatus: 'SUCCESS',
        audienceMembersRemovalStatus: { userDataRemovalStatus: { recordCount: '2', userIdentifierCount: '2' } },
      },
    ])
  })

  it('is not told of an unknown id, of another project, or for ever', async () => {
    const { account, upload } = await start()
    const id = await upload(byEmail('anna'))
    const reason = async (who: typeof account, which: string) => violations(await statusOf(sandbox, who, which))[0]?.[1]
    expect(await reason(account, 'nope')).toBe('INVALID_REQUEST_ID')
    expect(await reason(account, '')).toBe('REQUIRED_FIELD_MISSING')
    expect(await reason(await newGoogleAccount(sandbox), id)).toBe('INVALID_REQUEST_ID')
    await advance('30d')
    const token = (await fetchToken(account.credentials)).body.access_token
    expect(await reason({ ...account, token }, id)).toBe('INVALID_REQUEST_ID')
  })
})

const address = (regionCode: string) => ({
  userData: {
    userIdentifiers: [{ address: { givenName: sha256('a'), familyName: sha256('b'), regionCode, postalCode: '1' } }],
  },
})

describe('consent', () => {
  it.each<[string, object, object, object, string | undefined]>([
    ['both granted', {}, granted, {}, undefined],
    ['none, outside', {}, {}, {}, undefined],
    ['none, with an address in the EEA', address('DE'), {}, {}, 'NO_CONSENT'],
    ['none, with an address in the UK', address('GB'), {}, {}, 'NO_CONSENT'],
    ['one of two, with an address in the EEA', address('FR'), { adUserData: 'CONSENT_GRANTED' }, {}, 'UNKNOWN_CONSENT'],
    ['one denied', {}, { ...granted, adPersonalization: 'CONSENT_DENIED' }, {}, 'DENIED_CONSENT'],
    ['denied for the member', { consent: { adUserData: 'CONSENT_DENIED' } }, granted, {}, 'DENIED_CONSENT'],
    ['granted for the member alone', { ...address('IT'), consent: granted }, {}, {}, undefined],
    ['none, in an account of the EEA', {}, {}, { consent_required: true }, 'NO_CONSENT'],
  ])('%s', async (_, change, consent, state, reason) => {
    const { list, upload, parts } = await start(state)
    const id = await upload([{ ...byEmail('anna')[0], ...change }], { consent })
    expect(await heldBy(sandbox, 'google', list)).toHaveLength(reason === undefined ? 1 : 0)
    const [part] = (await done(parts, id)) as { requestStatus: string; errorInfo?: object }[]
    expect(part?.requestStatus).toBe(reason === undefined ? 'SUCCESS' : 'FAILED')
    expect(part?.errorInfo).toEqual(
      reason && { errorCounts: [{ recordCount: '1', reason: `PROCESSING_ERROR_REASON_${reason}` }] },
    )
  })
})

describe('rows that are taken and refused later', () => {
  const rejecting = (order: object) =>
    sandbox.control('POST', '/faults', { platform: 'google', fault: 'reject_rows', ...order })

  it('come out as PARTIAL_SUCCESS with their reason', async () => {
    const { list, upload, parts } = await start()
    await rejecting({ count: 2, reason: 'NO_CONSENT' })
    const id = await upload(byEmail('a', 'b', 'c'))
    expect(await heldBy(sandbox, 'google', list)).toHaveLength(1)
    expect(await done(parts, id)).toMatchObject([
      {
        requestStatus: 'PARTIAL_SUCCESS',
        errorInfo: { errorCounts: [{ recordCount: '2', reason: 'PROCESSING_ERROR_REASON_NO_CONSENT' }] },
        audienceMembersIngestionStatus: { userDataIngestionStatus: { recordCount: '3' } },
      },
    ])
    const { body } = await sandbox.control('GET', '/requests?platform=google')
    expect(body.requests.find((entry: { fault: string }) => entry.fault === 'reject_rows')).toMatchObject({
      operation: 'ingest_members',
      received: 3,
      invalid: 2,
    })
  })

  it('all of them: FAILED; a warning leaves them in', async () => {
    const { list, upload, parts } = await start()
    await rejecting({ count: 10_000 })
    const failed = await upload(byEmail('a', 'b'))
    await rejecting({ count: 1, reason: 'PROCESSING_WARNING_REASON_INTERNAL_ERROR' })
    const warned = await upload(byEmail('c', 'd'))
    expect(await heldBy(sandbox, 'google', list)).toHaveLength(2)
    expect(await done(parts, failed)).toMatchObject([
      {
        requestStatus: 'FAILED',
        errorInfo: { errorCounts: [{ recordCount: '2', reason: 'PROCESSING_ERROR_REASON_INTERNAL_ERROR' }] },
      },
    ])
    expect(await parts(warned)).toMatchObject([
      {
        requestStatus: 'SUCCESS',
        warningInfo: { warningCounts: [{ recordCount: '1', reason: 'PROCESSING_WARNING_REASON_INTERNAL_ERROR' }] },
      },
    ])
  })
})
