import { describe, expect, it } from 'vitest'
import { heldBy } from './support/google.ts'
import {
  email,
  faults,
  idsBody,
  klaviyo,
  newKlaviyoAccount,
  newKlaviyoList,
  newProfile,
  profileBody,
  turnClock,
} from './support/klaviyo.ts'
import { useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()

async function start(state?: object) {
  const account = await newKlaviyoAccount(sandbox, state)
  const call = (method: string, path: string, body?: unknown) => klaviyo(sandbox, account, method, path, body)
  return { account, call, profile: (attributes: object) => newProfile(sandbox, account, attributes) }
}

describe('profiles', () => {
  it('are new once and updated after', async () => {
    const { call } = await start()
    const upsert = (attributes: object, more?: object) =>
      call('POST', '/api/profile-import', profileBody(attributes, more))
    const created = await upsert({ email: email('Anna'), first_name: 'Anna', properties: { a: 1, list: [1] } })
    expect(created).toMatchObject({
      status: 201,
      body: { data: { type: 'profile', attributes: { email: email('anna'), first_name: 'Anna' } } },
    })
    const { id } = created.body.data
    expect(await upsert({ email: email('anna'), phone_number: '+15005550006', first_name: null })).toMatchObject({
      status: 200,
      body: { data: { id, attributes: { first_name: null, phone_number: '+15005550006' } } },
    })
    const patch = { meta: { patch_properties: { append: { list: 2 }, unset: ['a'] } } }
    expect((await upsert({ phone_number: '+15005550006' }, patch)).body.data.attributes.properties).toEqual({
      list: [1, 2],
    })
    expect((await upsert({ external_id: 'u-1' }, { id })).body.data).toMatchObject({
      id,
      attributes: { external_id: 'u-1' },
    })
    expect((await upsert({ email: email('x') }, { id: 'NOBODY' })).status).toBe(404)
    expect(
      (await call('PATCH', `/api/profiles/${id}`, { data: { type: 'profile', id, attributes: { external_id: null } } }))
        .body.data.attributes.external_id,
    ).toBeNull()
    expect((await upsert({ external_id: 'u-1' })).status).toBe(201)
  })

  it('are created, or told of the one that is there', async () => {
    const { call, profile } = await start()
    const id = await profile({ email: email('anna') })
    const create = (attributes: object) => call('POST', '/api/profiles', profileBody(attributes))
    expect((await create({ email: email('bert') })).status).toBe(201)
    expect(await create({ email: email('anna') })).toMatchObject({
      status: 409,
      body: { errors: [{ code: 'duplicate_profile', meta: { duplicate_profile_id: id } }] },
    })
    await profile({ external_id: 'u-2' })
    expect(
      (await call('POST', '/api/profile-import', profileBody({ email: email('anna'), external_id: 'u-2' }))).status,
    ).toBe(409)
  })

  it.each<[object, string]>([
    [{ email: 'nope' }, '/data/attributes/email'],
    [{ email: 'a@b' }, '/data/attributes/email'],
    [{ phone_number: '015112345' }, '/data/attributes/phone_number'],
    [{ phone_number: '+0151' }, '/data/attributes/phone_number'],
    [{ external_id: 'x'.repeat(256) }, '/data/attributes/external_id'],
    [{ first_name: 'Anna' }, '/data/attributes'],
    [{ email: '' }, '/data/attributes'],
    [{ email: email('a'), anonymous_id: 'x' }, '/data/attributes/anonymous_id'],
  ])('are refused for %o', async (attributes, pointer) => {
    const { call } = await start()
    for (const path of ['/api/profiles', '/api/profile-import']) {
      const reply = await call('POST', path, profileBody(attributes))
      expect([reply.status, faults(reply)]).toEqual([400, [['invalid', pointer]]])
    }
  })

  it('are at most 100 KB', async () => {
    const { call } = await start()
    const large = profileBody({ email: email('a'), properties: { x: 'x'.repeat(101 * 1024) } })
    expect((await call('POST', '/api/profile-import', large)).status).toBe(413)
  })

  it('are found by any of their identifiers, a hundred at a time', async () => {
    const { call, profile } = await start()
    const ids = [
      await profile({ email: email('a') }),
      await profile({ phone_number: '+15005550006' }),
      await profile({ external_id: 'u]1' }),
    ]
    const found = async (filter: string) => {
      const { body } = await call('GET', `/api/profiles?filter=${encodeURIComponent(filter)}`)
      return body.data.map(({ id }: { id: string }) => id)
    }
    expect(await found(`any(email,["${email('A')}","${email('zzz')}"])`)).toEqual([ids[0]])
    expect(await found('equals(phone_number,"+15005550006")')).toEqual([ids[1]])
    expect(await found('any(external_id,["x","u]1"])')).toEqual([ids[2]])
    expect(await found(`any(id,["${ids[2]}","${ids[0]}"])`)).toEqual([ids[2], ids[0]])
    expect(await found(`any(id,["${ids[2]}","${ids[0]}"]),equals(email,"${email('a')}")`)).toEqual([ids[0]])
    expect(await found('any(email,[])')).toEqual([])
    const many = (count: number) =>
      `any(email,[${Array.from({ length: count }, (_, index) => `"${email(String(index))}"`)}])`
    expect(await found(many(100))).toEqual([])
    const reply = await call('GET', `/api/profiles?filter=${encodeURIComponent(many(101))}`)
    expect([reply.status, faults(reply)]).toEqual([400, [['invalid', 'filter']]])
    const all = await call('GET', '/api/profiles?page[size]=2')
    expect(all.body.data).toHaveLength(2)
    expect((await call('GET', `/api/profiles?${all.body.links.next.split('?')[1]}`)).body.data).toHaveLength(1)
    expect((await call('GET', '/api/profiles?page[size]=101')).status).toBe(400)
  })
})

describe('consent is not membership', () => {
  const subscriptions = { email: { marketing: { consent: 'SUBSCRIBED' } } }
  const body = (type: 'create' | 'delete', attributes: object, list?: string, more: object = {}) => ({
    data: {
      type: `profile-subscription-bulk-${type}-job`,
      attributes: { profiles: { data: [{ type: 'profile', attributes }] }, ...more },
      ...(list ? { relationships: { list: { data: { type: 'list', id: list } } } } : {}),
    },
  })
  const SUBSCRIBE = '/api/profile-subscription-bulk-create-jobs'
  const UNSUBSCRIBE = '/api/profile-subscription-bulk-delete-jobs'

  async function person(state?: object) {
    const { account, call, profile } = await start(state)
    const id = await profile({ email: email('anna') })
    const list = await newKlaviyoList(sandbox, account)
    const consent = async () => {
      const { body } = await call('GET', `/api/profiles/${id}?additional-fields[profile]=subscriptions`)
      const { consent, suppression } = body.data.attributes.subscriptions.email.marketing
      return [consent, ...suppression.map(({ reason }: { reason: string }) => reason)]
    }
    return { call, id, list, consent, held: () => heldBy(sandbox, 'klaviyo', list) }
  }

  it('a list, and leaving it, change no consent', async () => {
    const { call, id, list, consent } = await person()
    await call('POST', `/api/lists/${list}/relationships/profiles`, idsBody(id))
    expect(await consent()).toEqual(['NEVER_SUBSCRIBED'])
    await call('POST', SUBSCRIBE, body('create', { email: email('anna'), subscriptions }))
    await call('DELETE', `/api/lists/${list}/relationships/profiles`, idsBody(id))
    expect(await consent()).toEqual(['SUBSCRIBED'])
  })

  it('a subscription joins its list and lifts what the person or an operator set', async () => {
    const { call, list, consent, held } = await person()
    const suppression = (type: string) => ({
      data: { type, attributes: { profiles: { data: [{ type: 'profile', attributes: { email: email('anna') } }] } } },
    })
    expect(
      (
        await call(
          'POST',
          '/api/profile-suppression-bulk-create-jobs',
          suppression('profile-suppression-bulk-create-job'),
        )
      ).status,
    ).toBe(202)
    expect(await consent()).toEqual(['NEVER_SUBSCRIBED', 'USER_SUPPRESSED'])
    expect(await call('POST', SUBSCRIBE, body('create', { email: email('anna'), subscriptions }, list))).toMatchObject({
      status: 202,
      body: undefined,
    })
    expect(await consent()).toEqual(['SUBSCRIBED'])
    expect(await held()).toHaveLength(1)
    expect(
      (
        await call(
          'POST',
          '/api/profile-suppression-bulk-delete-jobs',
          suppression('profile-suppression-bulk-delete-job'),
        )
      ).status,
    ).toBe(202)
  })

  it('on a list with double opt-in nobody is in before they confirm, unless the consent is an old one', async () => {
    const { call, list, consent, held } = await person({ opt_in_process: 'double_opt_in' })
    await call('POST', SUBSCRIBE, body('create', { email: email('anna'), subscriptions }, list))
    expect([await consent(), await held()]).toEqual([['NEVER_SUBSCRIBED'], []])
    const old = { email: { marketing: { consent: 'SUBSCRIBED', consented_at: '2020-01-01T00:00:00Z' } } }
    await call(
      'POST',
      SUBSCRIBE,
      body('create', { email: email('anna'), subscriptions: old }, list, { historical_import: true }),
    )
    expect([await consent(), (await held()).length]).toEqual([['SUBSCRIBED'], 1])
  })

  it('an unsubscription with a list is for everything where the person is not on it', async () => {
    const { call, id, list, consent, held } = await person()
    await call('POST', SUBSCRIBE, body('create', { email: email('anna'), subscriptions }))
    const un = body(
      'delete',
      { email: email('anna'), subscriptions: { email: { marketing: { consent: 'UNSUBSCRIBED' } } } },
      list,
    )
    await call('POST', `/api/lists/${list}/relationships/profiles`, idsBody(id))
    await call('POST', UNSUBSCRIBE, un)
    expect([await consent(), await held()]).toEqual([['SUBSCRIBED'], []])
    await call('POST', UNSUBSCRIBE, un)
    expect(await consent()).toEqual(['UNSUBSCRIBED', 'UNSUBSCRIBE'])
  })

  it.each<[string, object]>([
    [
      'another word',
      body('create', { email: email('a'), subscriptions: { email: { marketing: { consent: 'YES' } } } }),
    ],
    [
      'a time without history',
      body('create', {
        email: email('a'),
        subscriptions: { email: { marketing: { consent: 'SUBSCRIBED', consented_at: '2020-01-01T00:00:00Z' } } },
      }),
    ],
    [
      'history without a time',
      body('create', { email: email('a'), subscriptions }, undefined, { historical_import: true }),
    ],
    ['nothing to subscribe to', body('create', { email: email('a'), subscriptions: {} })],
    ['nobody', body('create', { subscriptions })],
    ['a bad phone', body('create', { phone_number: '1', subscriptions })],
  ])('is not given by %s', async (_, sent) => {
    const { call } = await start()
    expect((await call('POST', SUBSCRIBE, sent)).status).toBe(400)
  })

  it('is given to 1,000 a call, taken from 100', async () => {
    const { call } = await start()
    const crowd = (type: 'create' | 'delete', count: number, consent: string) => ({
      data: {
        type: `profile-subscription-bulk-${type}-job`,
        attributes: {
          profiles: {
            data: Array.from({ length: count }, (_, index) => ({
              type: 'profile',
              attributes: { email: email(String(index)), subscriptions: { email: { marketing: { consent } } } },
            })),
          },
        },
      },
    })
    expect((await call('POST', SUBSCRIBE, crowd('create', 1_001, 'SUBSCRIBED'))).status).toBe(400)
    expect((await call('POST', SUBSCRIBE, crowd('create', 1_000, 'SUBSCRIBED'))).status).toBe(202)
    expect((await call('POST', UNSUBSCRIBE, crowd('delete', 101, 'UNSUBSCRIBED'))).status).toBe(400)
    expect((await call('POST', UNSUBSCRIBE, crowd('delete', 100, 'UNSUBSCRIBED'))).status).toBe(202)
    await turnClock(sandbox, '1s')
  })

  it('is suppressed by a list too, and by one of the two', async () => {
    const { call, id, list, consent } = await person()
    await call('POST', `/api/lists/${list}/relationships/profiles`, idsBody(id))
    const send = (attributes: object, relationships?: object) =>
      call('POST', '/api/profile-suppression-bulk-create-jobs', {
        data: { type: 'profile-suppression-bulk-create-job', attributes, ...(relationships ? { relationships } : {}) },
      })
    expect((await send({}, { list: { data: { type: 'list', id: list } } })).body.data.attributes).toMatchObject({
      status: 'complete',
      total_count: 1,
    })
    expect(await consent()).toEqual(['NEVER_SUBSCRIBED', 'USER_SUPPRESSED'])
    expect((await send({})).status).toBe(400)
  })
})
