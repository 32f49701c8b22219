import { describe, expect, it } from 'vitest'
import {
  email,
  eventBody,
  eventsBody,
  idsBody,
  importBody,
  klaviyo,
  listBody,
  newKlaviyoAccount,
  profileBody,
} from './support/klaviyo.ts'
import { loadKlaviyoSpec } from './support/klaviyo-spec.ts'
import type { Reply } from './support/sandbox.ts'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const spec = loadKlaviyoSpec()

describe("Klaviyo's own specification", () => {
  it('fits every request here and every answer of the sandbox', async () => {
    const account = await newKlaviyoAccount(sandbox, { job_seconds: 0 })
    const misfits: string[] = []
    const seen = new Set<string>()
    const call = async (operation: string, method: string, path: string, body?: unknown): Promise<Reply> => {
      seen.add(operation)
      const reply = await klaviyo(sandbox, account, method, path, body)
      misfits.push(...spec.requestFaults(operation, body), ...spec.responseFaults(operation, reply.status, reply.body))
      return reply
    }
    const subscriptionJob = (type: 'create' | 'delete', consent: string) => ({
      data: {
        type: `profile-subscription-bulk-${type}-job`,
        attributes: {
          profiles: {
            data: [
              {
                type: 'profile',
                attributes: { email: email('a'), subscriptions: { email: { marketing: { consent } } } },
              },
            ],
          },
        },
      },
    })
    const suppressionJob = (type: 'create' | 'delete') => ({
      data: {
        type: `profile-suppression-bulk-${type}-job`,
        attributes: { profiles: { data: [{ type: 'profile', attributes: { email: email('a') } }] } },
      },
    })
    const merge = (id: string, source: string) => ({
      data: { type: 'profile-merge', id, relationships: { profiles: idsBody(source) } },
    })

    await call('get_accounts', 'GET', '/api/accounts')
    const list = (await call('create_list', 'POST', '/api/lists', listBody({ name: 'x' }))).body.data.id
    const one = `/api/lists/${list}`
    await call('get_lists', 'GET', '/api/lists')
    await call('get_list', 'GET', `${one}?additional-fields[list]=profile_count`)
    await call('update_list', 'PATCH', one, { data: { type: 'list', id: list, attributes: { name: 'y' } } })
    const place = { first_name: 'A', location: { country: 'DE', latitude: 52.5 }, properties: { a: 1 } }
    const anna = (await call('create_profile', 'POST', '/api/profiles', profileBody({ email: email('a'), ...place })))
      .body.data.id
    const bert = (
      await call('create_or_update_profile', 'POST', '/api/profile-import', profileBody({ external_id: 'b' }))
    ).body.data.id
    await call(
      'create_or_update_profile',
      'POST',
      '/api/profile-import',
      profileBody({ external_id: 'b', title: null }),
    )
    await call('update_profile', 'PATCH', `/api/profiles/${bert}`, profileBody({ title: 'Dr' }, { id: bert }))
    await call('add_profiles_to_list', 'POST', `${one}/relationships/profiles`, idsBody(anna, bert))
    await call('get_profiles_for_list', 'GET', `${one}/profiles?page[size]=1`)
    await call('get_profile_ids_for_list', 'GET', `${one}/relationships/profiles`)
    await call('remove_profiles_from_list', 'DELETE', `${one}/relationships/profiles`, idsBody(bert))
    const jobs = '/api/profile-bulk-import-jobs'
    const job = (
      await call('bulk_import_profiles', 'POST', jobs, importBody([{ email: email('c') }, { email: 'bad' }], list))
    ).body.data.id
    await call('get_bulk_import_profiles_jobs', 'GET', jobs)
    await call('get_bulk_import_profiles_job', 'GET', `${jobs}/${job}`)
    await call('get_errors_for_bulk_import_profiles_job', 'GET', `${jobs}/${job}/import-errors`)
    await call('get_profiles_for_bulk_import_profiles_job', 'GET', `${jobs}/${job}/profiles`)
    await call('get_profile_ids_for_bulk_import_profiles_job', 'GET', `${jobs}/${job}/relationships/profiles`)
    await call(
      'bulk_subscribe_profiles',
      'POST',
      '/api/profile-subscription-bulk-create-jobs',
      subscriptionJob('create', 'SUBSCRIBED'),
    )
    await call(
      'bulk_unsubscribe_profiles',
      'POST',
      '/api/profile-subscription-bulk-delete-jobs',
      subscriptionJob('delete', 'UNSUBSCRIBED'),
    )
    await call('bulk_suppress_profiles', 'POST', '/api/profile-suppression-bulk-create-jobs', suppressionJob('create'))
    await call('get_profiles', 'GET', '/api/profiles?additional-fields[profile]=subscriptions')
    await call('get_profile', 'GET', `/api/profiles/${anna}?additional-fields[profile]=subscriptions`)
    await call(
      'bulk_unsuppress_profiles',
      'POST',
      '/api/profile-suppression-bulk-delete-jobs',
      suppressionJob('delete'),
    )
    await call('merge_profiles', 'POST', '/api/profile-merge', merge(anna, bert))
    const forget = { profile: { data: { type: 'profile', attributes: { email: email('a') } } } }
    await call('request_profile_deletion', 'POST', '/api/data-privacy-deletion-jobs', {
      data: { type: 'data-privacy-deletion-job', attributes: forget },
    })
    await call('delete_list', 'DELETE', one)
    const event = { profile: { anonymous_id: 'a' }, time: '2026-07-20T10:00:00Z', unique_id: '1', backfill: true }
    await call('create_event', 'POST', '/api/events', eventBody(event))
    await call('bulk_create_events', 'POST', '/api/event-bulk-create-jobs', eventsBody({ ...event, unique_id: '2' }))

    expect(misfits).toEqual([])
    expect([...seen].sort()).toEqual([...spec.operations].sort())
  })

  it('would miss a wrong request and a wrong answer', () => {
    expect(spec.requestFaults('bulk_import_profiles', { data: { type: 'event' } })).not.toEqual([])
    expect(spec.requestFaults('create_event', { data: { type: 'event' } })).not.toEqual([])
    expect(spec.requestFaults('bulk_create_events', { data: { type: 'event' } })).not.toEqual([])
    expect(spec.requestFaults('create_list', { data: { type: 'list', attributes: { name: 5 } } })).not.toEqual([])
    expect(spec.responseFaults('get_list', 200, { data: { type: 'list', id: 'x', attributes: {} } })).not.toEqual([])
    expect(spec.responseFaults('delete_list', 204, {})).not.toEqual([])
  })
})
