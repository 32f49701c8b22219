import { describe, expect, it } from 'vitest'
import { heldBy } from './support/google.ts'
import {
  email,
  faults,
  importBody,
  klaviyo,
  newKlaviyoAccount,
  newKlaviyoList,
  newProfile,
  turnClock,
} from './support/klaviyo.ts'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const JOBS = '/api/profile-bulk-import-jobs'

async function start(state: object = { job_seconds: 60 }) {
  const account = await newKlaviyoAccount(sandbox, state)
  const list = await newKlaviyoList(sandbox, account)
  const call = (method: string, path: string, body?: unknown) => klaviyo(sandbox, account, method, path, body)
  const imported = async (profiles: object[], ...lists: string[]) => {
    const reply = await call('POST', JOBS, importBody(profiles, ...lists))
    expect(reply.status).toBe(202)
    return `${JOBS}/${reply.body.data.id}`
  }
  return { account, list, call, imported, held: () => heldBy(sandbox, 'klaviyo', list) }
}

describe('a bulk import', () => {
  it('is queued, processing, complete; and its profiles have ids that stay', async () => {
    const { list, call, imported, held } = await start()
    const job = await imported(
      [{ email: email('anna'), external_id: 'u-1', properties: { tier: 'gold' } }, { phone_number: '+15005550006' }],
      list,
    )
    const state = async () => (await call('GET', job)).body.data.attributes
    expect(await state()).toMatchObject({
      status: 'queued',
      total_count: 2,
      completed_count: 0,
      started_at: null,
      completed_at: null,
    })
    expect((await call('GET', `${job}/profiles`)).body.data).toEqual([])
    await turnClock(sandbox, '30s')
    expect(await state()).toMatchObject({ status: 'processing', started_at: expect.any(String) })
    await turnClock(sandbox, '30s')
    expect(await state()).toMatchObject({
      status: 'complete',
      completed_count: 2,
      failed_count: 0,
      completed_at: expect.any(String),
      expires_at: expect.any(String),
    })
    const { body } = await call('GET', `${job}/profiles`)
    expect(body.data).toMatchObject([
      { type: 'profile', attributes: { email: email('anna'), external_id: 'u-1', properties: { tier: 'gold' } } },
      { type: 'profile', attributes: { phone_number: '+15005550006' } },
    ])
    expect((await call('GET', `${job}/relationships/profiles`)).body.data.map(({ id }: { id: string }) => id)).toEqual(
      body.data.map(({ id }: { id: string }) => id),
    )
    expect(await held()).toEqual([
      { id: body.data[0].id, email: email('anna'), external_id: 'u-1' },
      { id: body.data[1].id, phone_number: '+15005550006' },
    ])
    await turnClock(sandbox, '7d')
    for (const path of [job, `${job}/profiles`, `${job}/import-errors`])
      expect((await call('GET', path)).status).toBe(404)
  })

  it('finds who is there by any identifier, keeps what null would clear, and joins several lists', async () => {
    const { account, list, call, imported } = await start({ job_seconds: 0 })
    const other = await newKlaviyoList(sandbox, account, 'other')
    const anna = await newProfile(sandbox, account, { email: email('anna'), first_name: 'Anna', properties: { a: 1 } })
    const job = await imported(
      [
        { email: email('ANNA'), external_id: 'u-1', first_name: null, properties: { a: null, b: 2 } },
        { external_id: 'u-1' },
      ],
      list,
      other,
    )
    const { body } = await call('GET', `${job}/profiles`)
    expect(body.data).toHaveLength(1)
    expect(body.data[0]).toMatchObject({
      id: anna,
      attributes: { first_name: 'Anna', external_id: 'u-1', properties: { a: 1, b: 2 } },
    })
    for (const id of [list, other]) expect(await heldBy(sandbox, 'klaviyo', id)).toHaveLength(1)
    expect(
      (await call('GET', `/api/profiles/${anna}?additional-fields[profile]=subscriptions`)).body.data.attributes
        .subscriptions.email.marketing.consent,
    ).toBe('NEVER_SUBSCRIBED')
  })

  it('tells what is wrong of single profiles when it is complete', async () => {
    const { account, list, call, imported, held } = await start()
    await newProfile(sandbox, account, { email: email('anna') })
    await newProfile(sandbox, account, { external_id: 'u-9' })
    const job = await imported(
      [
        { email: 'nope' },
        { email: email('good') },
        { phone_number: '0151 123' },
        { external_id: 'x'.repeat(256) },
        { first_name: 'Nobody' },
        { email: email('anna'), external_id: 'u-9' },
        { _kx: 'unknown' },
      ],
      list,
    )
    expect((await call('GET', `${job}/import-errors`)).body.data).toEqual([])
    await turnClock(sandbox, '1m')
    expect((await call('GET', job)).body.data.attributes).toMatchObject({
      status: 'complete',
      total_count: 7,
      completed_count: 7,
      failed_count: 6,
    })
    const { body } = await call('GET', `${job}/import-errors`)
    const rows = '/data/attributes/profiles/data'
    expect(
      body.data.map(({ attributes }: { attributes: { code: string; source: { pointer: string } } }) => [
        attributes.code,
        attributes.source.pointer,
      ]),
    ).toEqual([
      ['invalid', `${rows}/0/attributes/email`],
      ['invalid', `${rows}/2/attributes/phone_number`],
      ['invalid', `${rows}/3/attributes/external_id`],
      ['invalid', `${rows}/4`],
      ['duplicate_profile', `${rows}/5`],
      ['invalid', `${rows}/6`],
    ])
    expect(body.data[0]).toMatchObject({
      type: 'import-error',
      attributes: { title: 'Invalid input', original_payload: { email: 'nope' } },
    })
    expect(await held()).toHaveLength(1)
    const paged = await call('GET', `${job}/import-errors?page[size]=4`)
    expect([paged.body.data.length, typeof paged.body.links.next]).toEqual([4, 'string'])
  })

  it('takes 10,000 profiles and not one more', async () => {
    const { list, call, held } = await start()
    const profiles = Array.from({ length: 10_001 }, (_, index) => ({ email: email(String(index)) }))
    expect(faults(await call('POST', JOBS, importBody(profiles, list)))).toEqual([
      ['invalid', '/data/attributes/profiles/data'],
    ])
    expect((await call('POST', JOBS, importBody(profiles.slice(1), list))).status).toBe(202)
    expect(await held()).toHaveLength(10_000)
    expect((await call('POST', JOBS, importBody([], list))).status).toBe(400)
  })

  it('takes 5 MB and 100 KB of one profile', async () => {
    const { call } = await start()
    const large = (bytes: number) => ({ email: email('a'), properties: { x: 'x'.repeat(bytes) } })
    expect(faults(await call('POST', JOBS, importBody([{ email: email('b') }, large(101 * 1024)])))).toEqual([
      ['invalid', '/data/attributes/profiles/data/1'],
    ])
    const many = Array.from({ length: 60 }, () => large(90 * 1024))
    expect(await call('POST', JOBS, importBody(many))).toMatchObject({
      status: 413,
      body: { errors: [{ status: 413 }] },
    })
    expect((await call('POST', JOBS, importBody(many.slice(10)))).status).toBe(202)
  })

  it.each<[string, object, string]>([
    ['an e-mail that is a number', { email: 5 }, '/email'],
    ['an anonymous id', { email: email('a'), anonymous_id: 'x' }, '/anonymous_id'],
    ['a place that is a word', { email: email('a'), location: 'here' }, '/location'],
  ])('is refused whole for %s', async (_, profile, field) => {
    const { list, call, held } = await start()
    const reply = await call('POST', JOBS, importBody([{ email: email('good') }, profile], list))
    expect(reply.status).toBe(400)
    expect(faults(reply)).toEqual([['invalid', `/data/attributes/profiles/data/1/attributes${field}`]])
    expect(await held()).toEqual([])
  })

  it('is refused for a list that is not there', async () => {
    const { call } = await start()
    expect((await call('POST', JOBS, importBody([{ email: email('a') }], 'NoList'))).status).toBe(404)
  })

  it('may refuse rows later, or end cancelled, on request', async () => {
    const { list, call, imported, held } = await start({ job_seconds: 0 })
    const order = (more: object) =>
      sandbox.control('POST', '/faults', {
        platform: 'klaviyo',
        fault: 'reject_rows',
        match: { operation: 'bulk_import_profiles' },
        ...more,
      })
    await order({ count: 1, reason: 'too_old' })
    const refused = await imported([{ email: email('a') }, { email: email('b') }], list)
    expect((await call('GET', `${refused}/import-errors`)).body.data).toMatchObject([
      { attributes: { code: 'too_old', source: { pointer: '/data/attributes/profiles/data/0' } } },
    ])
    await order({ count: 2, reason: 'cancelled' })
    const cancelled = await imported([{ email: email('c') }, { email: email('d') }, { email: email('e') }], list)
    expect((await call('GET', cancelled)).body.data.attributes).toMatchObject({
      status: 'cancelled',
      total_count: 3,
      completed_count: 1,
    })
    expect((await held()).map((member) => member.email)).toEqual([email('b'), email('c')])
  })

  it('is found among all jobs by its status', async () => {
    const { call, imported } = await start()
    await imported([{ email: email('a') }])
    const count = async (status: string) =>
      (await call('GET', `${JOBS}?filter=equals(status,"${status}")`)).body.data.length
    expect([await count('queued'), await count('complete')]).toEqual([1, 0])
    await turnClock(sandbox, '1m')
    expect([await count('queued'), await count('complete')]).toEqual([0, 1])
  })
})
