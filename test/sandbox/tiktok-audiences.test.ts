import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sha256, useSandbox } from './support/sandbox.ts'
import { cell, tikTok } from './support/tiktok.ts'

const sandbox = useSandbox()
const tiktok = tikTok(sandbox)
const md5 = (text: string) => createHash('md5').update(text).digest('hex')

describe('an audience', () => {
  it('is created, listed and deleted', async () => {
    const account = await tiktok.newAccount()
    const { status, body } = await tiktok.post(account, '/segment/audience/', {
      custom_audience_name: 'VIP',
      advertiser_id: account.id,
      action: 'create',
    })
    expect(status).toBe(200)
    expect(body).toEqual({
      code: 0,
      message: 'OK',
      request_id: expect.any(String),
      data: { audience_id: expect.stringMatching(/^\d+$/) },
    })
    const id = body.data.audience_id
    expect(await tiktok.listed(account, id)).toMatchObject({
      audience_id: id,
      name: 'VIP',
      cover_num: 0,
      is_valid: false,
    })
    const remove = { advertiser_id: account.id, audience_id: id, action: 'delete' }
    expect((await tiktok.post(account, '/segment/audience/', remove)).body.code).toBe(0)
    expect(await tiktok.listed(account, id)).toBeUndefined()
    expect((await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'a')]])).body.code).toBe(40007)
  })

  it('is among others in pages, newest first', async () => {
    const account = await tiktok.newAccount()
    for (const name of ['a', 'b', 'c']) await tiktok.newAudience(account, name)
    const list = (query: object) =>
      tiktok.get(account, '/dmp/custom_audience/list/', { advertiser_id: account.id, ...query })
    const { data } = (await list({ page: 2, page_size: 2 })).body
    expect(data).toMatchObject({
      list: [{ name: 'a' }],
      page_info: { page: 2, page_size: 2, total_number: 3, total_page: 2 },
    })
    expect((await list({})).body.data.list).toMatchObject([{ name: 'c' }, { name: 'b' }, { name: 'a' }])
    for (const wrong of [
      { page_size: 101 },
      { page: 0 },
      { page: 'x' },
      { custom_audience_ids: 'x' },
      { advertiser_id: 'x' },
    ])
      expect((await list(wrong)).body.code).toBe(40002)
  })

  it('shows its details and what was done to it', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'a')]])
    const get = (query: object) =>
      tiktok.get(account, '/dmp/custom_audience/get/', { advertiser_id: account.id, ...query })
    const { list } = (await get({ custom_audience_ids: [id, '1'] })).body.data
    expect(list).toMatchObject([
      {
        audience_details: { audience_id: id, name: 'VIP', owner_id: account.id, error_msg: '' },
        audience_history: [{ action: 'APPEND' }, { action: 'CREATE' }],
      },
    ])
    expect((await get({})).body.code).toBe(40002)
    expect((await get({ custom_audience_ids: [] })).body.code).toBe(40002)
  })

  it('cannot be edited while it has no size or is being processed', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    const rename = async () => {
      const body = { advertiser_id: account.id, custom_audience_id: id, custom_audience_name: 'New' }
      return (await tiktok.post(account, '/dmp/custom_audience/update/', body)).body
    }
    expect(await rename()).toMatchObject({ code: 40002, message: 'The audience is not editable.' })
    await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'a')]])
    await tiktok.advance('1h')
    await tiktok.act(id, 'process')
    expect((await rename()).code).toBe(40002)
    await tiktok.act(id, 'finish')
    expect((await rename()).code).toBe(0)
    expect(await tiktok.listed(account, id)).toMatchObject({ name: 'New' })
  })

  it('is deleted with others, or none of them is', async () => {
    const account = await tiktok.newAccount()
    const [one, two] = [await tiktok.newAudience(account), await tiktok.newAudience(account)]
    const remove = async (custom_audience_ids: string[]) => {
      const body = { advertiser_id: account.id, custom_audience_ids }
      return (await tiktok.post(account, '/dmp/custom_audience/delete/', body)).body.code
    }
    expect(await remove([one, '1'])).toBe(40007)
    expect(await tiktok.listed(account, one)).toBeDefined()
    expect(await remove(Array(101).fill(one))).toBe(40002)
    expect(await remove([one, two])).toBe(0)
    expect(await tiktok.listed(account, two)).toBeUndefined()
  })

  it.each([
    [{ custom_audience_name: '' }, 40002],
    [{ custom_audience_name: 'x'.repeat(129) }, 40002],
    [{ action: 'upsert' }, 40002],
    [{ advertiser_id: 7 }, 40002],
    [{ advertiser_id: '1' }, 40001],
    [{ action: 'delete' }, 40002],
    [{ action: 'delete', audience_id: '1' }, 40007],
  ])('is not changed with %o', async (more, code) => {
    const account = await tiktok.newAccount()
    const body = { custom_audience_name: 'VIP', advertiser_id: account.id, action: 'create', ...more }
    const reply = await tiktok.post(account, '/segment/audience/', body)
    expect([reply.status, reply.body.code]).toEqual([200, code])
  })
})

describe('members', () => {
  it('are added and deleted by rows of cells, an empty one for what a person lacks', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    const schema = ['EMAIL_SHA256', 'PHONE_SHA256']
    // A phone is taken with and without its plus: nobody can tell from the hash.
    const rows = [
      [cell(id, 'a@example.test'), cell(id, '+16577770000')],
      [cell(id, 'b@example.test'), {}],
      [{}, cell(id, '16577770000')],
      [cell(id, 'b@example.test'), {}],
    ]
    const { body } = await tiktok.map(account, 'add', schema, rows)
    expect([body.code, body.data]).toEqual([0, {}])
    expect(await tiktok.held(id)).toEqual([
      { EMAIL_SHA256: sha256('a@example.test'), PHONE_SHA256: sha256('+16577770000') },
      { EMAIL_SHA256: sha256('b@example.test') },
      { PHONE_SHA256: sha256('16577770000') },
    ])
    await tiktok.map(account, 'delete', schema, [[{}, cell(id, '+16577770000')]])
    await tiktok.map(account, 'delete', ['EMAIL_SHA256'], [[cell(id, 'nobody')], [cell(id, 'b@example.test')]])
    expect(await tiktok.held(id)).toEqual([{ PHONE_SHA256: sha256('16577770000') }])
  })

  it('go to the audiences that their cells name', async () => {
    const account = await tiktok.newAccount()
    const [one, two] = [await tiktok.newAudience(account), await tiktok.newAudience(account)]
    const device = md5('38400000-8cf0-11bd-b23e-10b96e40000d')
    await tiktok.map(
      account,
      'add',
      ['EMAIL_SHA256', 'AAID_MD5'],
      [
        [
          { id: sha256('a'), audience_ids: [one, two] },
          { id: device, audience_ids: [two] },
        ],
      ],
    )
    expect(await tiktok.held(one)).toEqual([{ EMAIL_SHA256: sha256('a') }])
    expect(await tiktok.held(two)).toEqual([{ EMAIL_SHA256: sha256('a'), AAID_MD5: device }])
  })

  it('come 10,000 in a call and no more', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    const rows = Array.from({ length: 10_001 }, (_, index) => [cell(id, `${index}`)])
    expect((await tiktok.map(account, 'add', ['EMAIL_SHA256'], rows)).body.code).toBe(40002)
    expect(await tiktok.held(id)).toEqual([])
    expect((await tiktok.map(account, 'add', ['EMAIL_SHA256'], rows.slice(1))).body.code).toBe(0)
    expect(await tiktok.held(id)).toHaveLength(10_000)
  })

  it.each<[string, (id: string) => unknown]>([
    ['a plain e-mail', (id) => [{ id: 'a@example.test', audience_ids: [id] }]],
    ['a hash in capitals', (id) => [{ id: sha256('a').toUpperCase(), audience_ids: [id] }]],
    ['a hash of another kind', (id) => [{ id: md5('a'), audience_ids: [id] }]],
    ['too many cells', (id) => [cell(id, 'a'), cell(id, 'b')]],
    ['no cell', () => []],
    ['nothing but empty cells', () => [{}]],
    ['a cell that is no object', () => ['x']],
    ['no audience', () => [{ id: sha256('a') }]],
    ['an empty list of audiences', () => [{ id: sha256('a'), audience_ids: [] }]],
    ['an unknown field', (id) => [{ ...cell(id, 'a'), name: 'x' }]],
    ['no row', () => 'x'],
  ])('with %s refuse the whole call, and nothing says where', async (_, bad) => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    const { status, body } = await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'good')], bad(id)])
    expect([status, body.code]).toEqual([200, 40002])
    expect(body.message).not.toContain('1]')
    expect(await tiktok.held(id)).toEqual([])
  })

  it.each([
    [{ action: 'ADD' }, 40002],
    [{ advertiser_ids: [] }, 40002],
    [{ advertiser_ids: ['1'] }, 40001],
    [{ id_schema: [] }, 40002],
    [{ id_schema: ['EMAIL'] }, 40002],
    [{ id_schema: ['__proto__'] }, 40002],
    [{ batch_data: [] }, 40002],
    [{ batch_data: [[{ id: sha256('a'), audience_ids: ['1'] }]] }, 40007],
  ])('are not taken with %o', async (more, code) => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    const { body } = await tiktok.post(account, '/segment/mapping/', {
      advertiser_ids: [account.id],
      action: 'add',
      id_schema: ['EMAIL_SHA256'],
      batch_data: [[cell(id, 'a')]],
      ...more,
    })
    expect(body.code).toBe(code)
    expect(await tiktok.held(id)).toEqual([])
  })

  it('are not taken while the audience is being processed', async () => {
    const account = await tiktok.newAccount()
    const add = async (id: string) => (await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'a')]])).body
    const id = await tiktok.newAudience(account)
    await tiktok.act(id, 'process')
    expect(await add(id)).toMatchObject({ code: 40002, message: 'The audience is not editable.' })
    await tiktok.advance('29m')
    expect((await add(id)).code).toBe(40002)
    await tiktok.advance('1m')
    expect((await add(id)).code).toBe(0)
    await tiktok.change(account, { processing_seconds: 600 })
    const slow = await tiktok.newAudience(account)
    expect((await add(slow)).code).toBe(40002)
    await tiktok.advance('10m')
    expect((await add(slow)).code).toBe(0)
  })
})

describe('what an audience tells of itself', () => {
  it('is counted an hour after members came', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    await tiktok.map(
      account,
      'add',
      ['EMAIL_SHA256'],
      ['a', 'b', 'c', 'd'].map((text) => [cell(id, text)]),
    )
    expect(await tiktok.listed(account, id)).toMatchObject({ cover_num: 0, is_valid: false })
    await tiktok.advance('1h')
    expect(await tiktok.listed(account, id)).toMatchObject({ cover_num: 4, is_valid: true })
    await tiktok.map(account, 'delete', ['EMAIL_SHA256'], [[cell(id, 'a')]])
    expect(await tiktok.listed(account, id)).toMatchObject({ cover_num: 4 })
    await tiktok.change(account, { match_rate: 0.5 })
    await tiktok.advance('1h')
    expect(await tiktok.listed(account, id)).toMatchObject({ cover_num: 1, is_valid: true })
  })

  it('may be that nobody was matched after all', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    await tiktok.change(account, { match_rate: 0 })
    expect((await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'a')]])).body.code).toBe(0)
    await tiktok.advance('1h')
    expect(await tiktok.listed(account, id)).toMatchObject({ cover_num: 0, is_valid: false })
  })

  // Turns the clock by a year: after this the audiences of the file have expired.
  it('expires a year after its last use', async () => {
    const account = await tiktok.newAccount()
    const id = await tiktok.newAudience(account)
    await tiktok.advance('360d')
    expect(await tiktok.listed(account, id)).toMatchObject({ is_expiring: true })
    await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'a')]])
    expect(await tiktok.listed(account, id)).toMatchObject({ is_expiring: false })
    await tiktok.advance('365d')
    expect(await tiktok.listed(account, id)).toMatchObject({ is_valid: false })
    expect((await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(id, 'b')]])).body.code).toBe(40002)
    const fresh = await tiktok.newAudience(account)
    await tiktok.act(fresh, 'expire')
    expect((await tiktok.map(account, 'add', ['EMAIL_SHA256'], [[cell(fresh, 'b')]])).body.code).toBe(40002)
    await tiktok.act(fresh, 'delete')
    expect(await tiktok.listed(account, fresh)).toBeUndefined()
  })
})
