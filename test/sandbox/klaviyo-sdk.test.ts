import {
  EventBulkCreateEnum,
  EventBulkCreateJobEnum,
  EventEnum,
  ListEnum,
  MetricEnum,
  ProfileBulkImportJobEnum,
  ProfileEnum,
  ProfileMergeEnum,
} from 'klaviyo-api'
import { describe, expect, it } from 'vitest'
import { heldBy } from './support/google.ts'
import { email, newKlaviyoAccount, turnClock } from './support/klaviyo.ts'
import { klaviyoSdkAt } from './support/klaviyo-sdk.ts'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

async function connect() {
  const account = await newKlaviyoAccount(sandbox)
  return { account, ...klaviyoSdkAt(sandbox.url, account.key) }
}

const profile = (name: string) => ({ type: ProfileEnum.Profile, attributes: { email: email(name) } })
const ids = (...all: string[]) => ({ data: all.map((id) => ({ type: ProfileEnum.Profile, id })) })

describe("Klaviyo's own Node SDK", () => {
  it('checks its key, and creates, finds, renames and deletes a list', async () => {
    const { account, accounts, lists } = await connect()
    expect((await accounts.getAccounts()).body.data[0]?.id).toBe(account.id)
    const { body } = await lists.createList({ data: { type: ListEnum.List, attributes: { name: 'By SDK' } } })
    const { id } = body.data
    expect((await lists.getLists({ filter: 'equals(name,"By SDK")' })).body.data.map((list) => list.id)).toEqual([id])
    await lists.updateList(id, { data: { type: ListEnum.List, id, attributes: { name: 'New' } } })
    const read = await lists.getList(id, { additionalFieldsList: ['profile_count'] })
    expect(read.body.data.attributes).toMatchObject({ name: 'New', profileCount: 0, created: expect.any(Date) })
    expect((await lists.deleteList(id)).response.status).toBe(204)
    await expect(lists.getList(id)).rejects.toMatchObject({ response: { status: 404 } })
  })

  it('imports into a list, follows the job, and reads ids and errors', async () => {
    const { lists, profiles, account } = await connect()
    const { body } = await lists.createList({ data: { type: ListEnum.List, attributes: { name: 'VIP' } } })
    const list = body.data.id
    const job = await profiles.bulkImportProfiles({
      data: {
        type: ProfileBulkImportJobEnum.ProfileBulkImportJob,
        attributes: { profiles: { data: [profile('anna'), { ...profile('x'), attributes: { email: 'nope' } }] } },
        relationships: { lists: { data: [{ type: ListEnum.List, id: list }] } },
      },
    })
    await turnClock(sandbox, '2s')
    const jobId = job.body.data.id
    expect((await profiles.getBulkImportProfilesJob(jobId)).body.data.attributes).toMatchObject({
      status: 'complete',
      totalCount: 2,
      failedCount: 1,
    })
    expect((await profiles.getErrorsForBulkImportProfilesJob(jobId)).body.data[0]?.attributes.code).toBe('invalid')
    const done = await profiles.getProfileIdsForBulkImportProfilesJob(jobId)
    const [anna = ''] = done.body.data.map(({ id }) => id)
    expect(await heldBy(sandbox, 'klaviyo', list)).toEqual([{ id: anna, email: email('anna') }])
    expect((await lists.getProfilesForList(list)).body.data[0]?.attributes.joinedGroupAt).toBeInstanceOf(Date)
    expect((await lists.removeProfilesFromList(list, ids(anna))).response.status).toBe(204)
    expect(await heldBy(sandbox, 'klaviyo', list)).toEqual([])
    expect(account.id).toHaveLength(6)
  })

  it('creates, upserts, finds and merges profiles, and puts them on a list', async () => {
    const { lists, profiles } = await connect()
    const anna = (await profiles.createOrUpdateProfile({ data: profile('anna') })).body.data.id ?? ''
    const bert = (await profiles.createProfile({ data: profile('bert') })).body.data.id ?? ''
    await expect(profiles.createProfile({ data: profile('bert') })).rejects.toMatchObject({ response: { status: 409 } })
    const found = await profiles.getProfiles({ filter: `any(email,["${email('anna')}","${email('bert')}"])` })
    expect(found.body.data.map(({ id }) => id)).toEqual([anna, bert])
    const { body } = await lists.createList({ data: { type: ListEnum.List, attributes: { name: 'VIP' } } })
    await lists.addProfilesToList(body.data.id, ids(anna, bert))
    await profiles.mergeProfiles({
      data: { type: ProfileMergeEnum.ProfileMerge, id: anna, relationships: { profiles: ids(bert) } },
    })
    await expect(lists.addProfilesToList(body.data.id, ids(anna, bert))).rejects.toMatchObject({
      response: { status: 400, data: { errors: [{ detail: `Invalid profile IDs: ${bert}` }] } },
    })
  })

  it('waits and tries again when it is throttled', async () => {
    const { lists } = await connect()
    await sandbox.control('POST', '/faults', { platform: 'klaviyo', fault: 'throttled' })
    expect((await lists.getLists()).response.status).toBe(200)
  })

  it('creates events, one and many', async () => {
    const { account, events } = await connect()
    const metric = { data: { type: MetricEnum.Metric, attributes: { name: 'added_to_segment' } } }
    const attributes = { metric, properties: { segment_id: 'seg', action: 'added' }, time: new Date() }
    const one = await events.createEvent({
      data: {
        type: EventEnum.Event,
        attributes: { ...attributes, uniqueId: 'e1', backfill: true, profile: { data: profile('anna') } },
      },
    })
    expect(one.response.status).toBe(202)
    const bulk = (uniqueId: string) =>
      events.bulkCreateEvents({
        data: {
          type: EventBulkCreateJobEnum.EventBulkCreateJob,
          attributes: {
            eventsBulkCreate: {
              data: [
                {
                  type: EventBulkCreateEnum.EventBulkCreate,
                  attributes: {
                    profile: { data: profile('bert') },
                    events: { data: [{ type: EventEnum.Event, attributes: { ...attributes, uniqueId } }] },
                  },
                },
              ],
            },
          },
        },
      })
    expect((await bulk('e2')).response.status).toBe(202)
    await expect(bulk('e2')).rejects.toMatchObject({ response: { status: 400 } })
    const { members } = (await sandbox.control('GET', `/klaviyo/state?audience=seg&stream=${account.id}`)).body
    expect(members).toEqual([
      { id: expect.any(String), email: email('anna') },
      { id: expect.any(String), email: email('bert') },
    ])
  })
})
