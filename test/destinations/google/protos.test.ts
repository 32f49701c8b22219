import { describe, expect, it } from 'vitest'
import { batchMembers } from '../../../destinations/batch-members.ts'
import { identifiers, KINDS } from '../../../destinations/google/identifiers.ts'
import { google } from '../../../destinations/google/index.ts'
import { compileMapping } from '../../../destinations/mapping.ts'
import { loadProtos } from '../../sandbox/support/google-protos.ts'
import { aBatch, aReceipt, aWantedList, openAt } from '../open.ts'
import { type Recorded, type Reply, startRecorder } from '../recorder.ts'

const protos = loadProtos()
const CONSENTS = ['ad_user_data', 'ad_personalization']
const values: Record<keyof typeof identifiers, string> = {
  email: 'ana@example.test',
  phone: '+1 555 010 0001',
  first_name: 'Ana',
  last_name: 'Díaz',
  country: 'US',
  zip: '94045',
  mobile_id: '6D92078A-8246-4BA4-AE5B-76104861E7DC',
  user_id: 'Jürgen "1"',
  ad_user_data: 'yes',
  ad_personalization: 'no',
}
const rawOf = new Map<string, string>(Object.entries(values))

/** Two people as the framework sends them: one with all of these identifiers, one with the first alone. */
function people(names: readonly string[]) {
  const prepare = compileMapping({
    identifiers,
    mapping: Object.fromEntries(names.map((name) => [name, name])),
    fields: [...names],
  })
  const rows = [
    names.map((name) => rawOf.get(name) ?? null),
    names.map((name, at) => (at === 0 ? (rawOf.get(name) ?? null) : null)),
  ]
  const packed = rows.map((row) => prepare(row)).flatMap((row) => ('packed' in row ? [row.packed] : []))
  return batchMembers(identifiers, ['a', 'b'], packed)
}

function answer({ method, path }: Recorded): Reply {
  const list = {
    name: 'accountTypes/GOOGLE_ADS/accounts/1234567890/userLists/7',
    id: '7',
    displayName: 'VIP',
    ingestedUserListInfo: { uploadKeyTypes: ['CONTACT_ID'] },
  }
  if (path === '/token') return { json: { access_token: 'T', expires_in: 3599, token_type: 'Bearer' } }
  if (path.includes(':ingest') || path.includes(':remove')) return { json: { requestId: 'r-1' } }
  if (path.includes(':retrieve')) return { json: { requestStatusPerDestination: [{ requestStatus: 'SUCCESS' }] } }
  return { json: method === 'POST' || path.endsWith('/7') ? list : { userLists: [list], nextPageToken: '' } }
}

/** What each call's request is in the protos; a list is made by its message alone. */
const MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/^POST \/v1\/audienceMembers:ingest$/, 'IngestAudienceMembersRequest'],
  [/^POST \/v1\/audienceMembers:remove$/, 'RemoveAudienceMembersRequest'],
  [/^GET \/v1\/requestStatus:retrieve$/, 'RetrieveRequestStatusRequest'],
  [/^POST \/v1\/accountTypes\/GOOGLE_ADS\/accounts\/\d+\/userLists$/, 'UserList'],
  [/^GET \/v1\/accountTypes\/GOOGLE_ADS\/accounts\/\d+\/userLists$/, 'ListUserListsRequest'],
  [/^GET \/v1\/accountTypes\/GOOGLE_ADS\/accounts\/\d+\/userLists\/7$/, 'GetUserListRequest'],
]

/** What of a request the vendor's message does not know. A number of an address is one of the message. */
function misfits({ method, path, query, body }: Recorded): string[] {
  const type = messageOf(method, path)
  if (type === undefined) return [`${method} ${path} is no call`]
  const sent =
    method === 'GET'
      ? Object.fromEntries(Object.entries(query).map(([key, text]) => [key, key === 'pageSize' ? Number(text) : text]))
      : body
  return protos.misfits(type, sent).map((misfit) => `${type}${misfit}`)
}
const messageOf = (method: string, path: string) => MESSAGES.find(([form]) => form.test(`${method} ${path}`))?.[1]

describe("the vendor's protos know every request to Google", () => {
  it.each([{}, { login_account_id: '987' }])('of an account with %j', async (more) => {
    const recorder = await startRecorder(answer)
    const account = {
      settings: { account_id: '123-456-7890', ...more },
      credentials: { client_id: 'id', client_secret: 'S', refresh_token: 'R', token_uri: `${recorder.url}/token` },
    }
    const { opened } = openAt(google, recorder.url, account, { sandbox: true })
    await opened.check()
    await opened.lists({ limit: 20, search: 'vip' })
    await opened.lists({ limit: 20, after: 'next' })
    await opened.readList('7')
    for (const kind of Object.values(KINDS)) {
      const settings = { mobileAppId: 'app', mobileSystem: 'IOS' }
      const wanted = aWantedList({ identifiers: kind, settings })
      await opened.createList(wanted)
      await opened.findCreated(wanted)
      for (const names of [kind, [...kind, ...CONSENTS]])
        for (const consent of ['granted', 'denied', 'unspecified'])
          for (const operation of ['add', 'remove'] as const) {
            const settings = { adUserData: consent, adPersonalization: consent }
            const batch = aBatch({ listId: '7', operation, settings, ...people(names) })
            expect(batch.identifiers.toSorted()).toEqual(names.toSorted())
            await opened.upload(batch)
          }
    }
    await opened.settle(aReceipt({ listId: '7', reference: 'r-1', rows: 2 }))
    await recorder.close()

    const requests = recorder.requests.filter(({ path }) => path !== '/token')
    expect(requests.flatMap(misfits)).toEqual([])
    expect(requests.some(({ body }) => Object(body).validateOnly === true)).toBe(true)
    const seen = new Set(requests.map(({ method, path }) => messageOf(method, path)))
    expect([...seen].sort()).toEqual(MESSAGES.map(([, type]) => type).toSorted())
  })
})
