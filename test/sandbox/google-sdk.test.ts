import { describe, expect, it } from 'vitest'
import { dataManagerAt } from './support/datamanager-sdk.ts'
import { byEmail, granted, hashOf, heldBy, newGoogleAccount } from './support/google.ts'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

async function connect() {
  const account = await newGoogleAccount(sandbox)
  const parent = `accountTypes/GOOGLE_ADS/accounts/${account.id}`
  return { account, parent, client: dataManagerAt(sandbox.url, account.credentials) }
}

const userList = {
  displayName: 'By SDK',
  membershipDuration: { seconds: 46_656_000 },
  ingestedUserListInfo: { uploadKeyTypes: ['CONTACT_ID'] },
}

describe("Google's own Node client", () => {
  it('creates, finds, reads, renames and deletes a list', async () => {
    const { parent, client } = await connect()
    const [created] = await client.lists.createUserList({ parent, userList })
    expect(created).toMatchObject({ displayName: 'By SDK', id: expect.any(String) })
    const [found] = await client.lists.listUserLists({ parent, filter: 'display_name = "By SDK"' })
    expect(found).toHaveLength(1)
    const { name } = created
    await client.lists.updateUserList({
      userList: { name, displayName: 'New' },
      updateMask: { paths: ['display_name'] },
    })
    const [read] = await client.lists.getUserList({ name })
    expect(read).toMatchObject({ displayName: 'New', membershipDuration: { seconds: '46656000' } })
    await client.lists.deleteUserList({ name })
    await expect(client.lists.getUserList({ name })).rejects.toMatchObject({ code: 404 })
  })

  it('adds, removes and asks what became of it', async () => {
    const { account, parent, client } = await connect()
    const [{ id }] = await client.lists.createUserList({ parent, userList })
    const destinations = [
      { operatingAccount: { accountType: 'GOOGLE_ADS', accountId: account.id }, productDestinationId: id },
    ]
    const upload = { destinations, audienceMembers: byEmail('anna', 'bert'), encoding: 'HEX' }
    const terms = { customerMatchTermsOfServiceStatus: 'ACCEPTED' }
    const [added] = await client.ingestion.ingestAudienceMembers({ ...upload, consent: granted, termsOfService: terms })
    await client.ingestion.removeAudienceMembers({ ...upload, audienceMembers: byEmail('anna') })
    expect(await heldBy(sandbox, 'google', id)).toEqual([{ emailAddress: hashOf('bert') }])
    await sandbox.control('POST', '/clock', { platform: 'google', advance: '30m' })
    const [status] = await client.ingestion.retrieveRequestStatus({ requestId: added.requestId })
    expect(status.requestStatusPerDestination).toMatchObject([
      {
        requestStatus: 'SUCCESS',
        audienceMembersIngestionStatus: { userDataIngestionStatus: { recordCount: '2', userIdentifierCount: '2' } },
      },
    ])
  })

  it('sends events', async () => {
    const { body } = await sandbox.control('POST', '/accounts', { platform: 'google' })
    const { ga_property_id: accountId, ga_measurement_id: productDestinationId } = body.settings
    const client = dataManagerAt(sandbox.url, body.credentials)
    const operatingAccount = { accountType: 'GOOGLE_ANALYTICS_PROPERTY', accountId }
    const [sent] = await client.ingestion.ingestEvents({
      destinations: [{ operatingAccount, productDestinationId }],
      events: [
        {
          eventName: 'added_to_segment',
          clientId: '1.2',
          eventTimestamp: { seconds: Math.floor(Date.now() / 1_000), nanos: 5_000_000 },
          additionalEventParameters: [{ parameterName: 'segment_id', value: 'seg' }],
          eventSource: 'WEB',
          conversionValue: 1.5,
        },
      ],
    })
    await sandbox.control('POST', '/clock', { platform: 'google', advance: '2s' })
    const [status] = await client.ingestion.retrieveRequestStatus({ requestId: sent.requestId })
    expect(status.requestStatusPerDestination).toMatchObject([
      { requestStatus: 'SUCCESS', eventsIngestionStatus: { recordCount: '1' } },
    ])
    expect((await sandbox.control('GET', `/google/state?audience=seg&stream=${accountId}`)).body.members).toEqual([
      { clientId: '1.2' },
    ])
  })

  it('understands a refusal and names the field', async () => {
    const { account, client } = await connect()
    const destinations = [
      { operatingAccount: { accountType: 'GOOGLE_ADS', accountId: account.id }, productDestinationId: '1' },
    ]
    const upload = { destinations, audienceMembers: byEmail('anna'), encoding: 'HEX' }
    const refusal = client.ingestion.removeAudienceMembers(upload)
    await expect(refusal).rejects.toMatchObject({
      code: 400,
      message: expect.stringContaining('"field":"destinations[0].product_destination_id"'),
    })
  })
})
