import { describe, expect, it } from 'vitest'
import { sha256, upload, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const definition = { name: 'VIP', subtype: 'CUSTOM', customer_file_source: 'USER_PROVIDED_ONLY' }

describe('creating an audience', () => {
  it('answers an id under which it can be read', async () => {
    const account = await sandbox.newAccount()
    const id = await sandbox.newAudience(account, { name: 'VIP', description: 'the best', retention_days: 30 })
    const { body } = await sandbox.meta(
      account,
      'GET',
      `/${id}?fields=name,description,retention_days,operation_status`,
    )
    expect(body).toEqual({
      id,
      name: 'VIP',
      description: 'the best',
      retention_days: 30,
      operation_status: { code: 410, description: expect.any(String) },
    })
  })

  it.each([
    ['no name', { ...definition, name: '' }],
    ['no subtype', { ...definition, subtype: undefined }],
    ['another subtype', { ...definition, subtype: 'LOOKALIKE' }],
    ['no source', { ...definition, customer_file_source: undefined }],
    ['an unknown source', { ...definition, customer_file_source: 'MINE' }],
    ['too long a retention', { ...definition, retention_days: 181 }],
    ['a retention that is no number', { ...definition, retention_days: 'long' }],
  ])('is refused with %s', async (_, body) => {
    const account = await sandbox.newAccount()
    const reply = await sandbox.meta(account, 'POST', `/act_${account.id}/customaudiences`, body)
    expect(reply.status).toBe(400)
    expect(reply.body.error.code).toBe(100)
  })

  it('fetches the one of the same definition when asked to', async () => {
    const account = await sandbox.newAccount()
    const first = await sandbox.newAudience(account)
    expect(await sandbox.newAudience(account, { enable_fetch_or_create: true })).toBe(first)
    expect(await sandbox.newAudience(account, { enable_fetch_or_create: true, description: 'other' })).not.toBe(first)
    expect(await sandbox.newAudience(account)).not.toBe(first)
  })

  it('stops at 500 in an account', async () => {
    const account = await sandbox.newAccount()
    for (let count = 0; count < 500; count++) await sandbox.newAudience(account)
    const reply = await sandbox.meta(account, 'POST', `/act_${account.id}/customaudiences`, definition)
    expect(reply.body.error.message).toContain('500')
  })

  it('takes forms as well as JSON', async () => {
    const account = await sandbox.newAccount()
    const multipart = new FormData()
    for (const [name, value] of Object.entries({ ...definition, name: 'Käufer 🛒' })) multipart.set(name, value)
    for (const body of [new URLSearchParams({ ...definition, name: 'Käufer 🛒' }), multipart]) {
      const response = await fetch(`${sandbox.url}/meta/v25.0/act_${account.id}/customaudiences`, {
        method: 'POST',
        headers: { authorization: `Bearer ${account.token}` },
        body,
      })
      const { id } = (await response.json()) as { id: string }
      expect((await sandbox.meta(account, 'GET', `/${id}?fields=name`)).body.name).toBe('Käufer 🛒')
    }
  })

  it('fails on the bare account id', async () => {
    const account = await sandbox.newAccount()
    const reply = await sandbox.meta(account, 'POST', `/${account.id}/customaudiences`, definition)
    expect(reply.body.error).toMatchObject({ code: 100, error_subcode: 33 })
  })
})

describe('listing audiences', () => {
  it('pages by cursor to the end, newest first', async () => {
    const account = await sandbox.newAccount()
    const made: string[] = []
    for (let index = 0; index < 5; index++) made.unshift(await sandbox.newAudience(account))
    const seen: string[] = []
    let after = ''
    for (;;) {
      const { body } = await sandbox.meta(account, 'GET', `/act_${account.id}/customaudiences?limit=2&after=${after}`)
      seen.push(...body.data.map(({ id }: { id: string }) => id))
      if (!body.paging.next) break
      after = body.paging.cursors.after
    }
    expect(seen).toEqual(made)
    const whole = await sandbox.meta(account, 'GET', `/act_${account.id}/customaudiences?limit=5`)
    expect(whole.body.paging.next).toBeUndefined()
  })

  it('gives addresses that can be followed as they are, forth and back', async () => {
    const account = await sandbox.newAccount()
    for (const name of ['a', 'b', 'c']) await sandbox.newAudience(account, { name })
    const { body } = await sandbox.meta(account, 'GET', `/act_${account.id}/customaudiences?limit=2&fields=name`)
    const second = await (await fetch(body.paging.next)).json()
    expect(second).toMatchObject({ data: [{ name: 'a' }] })
    const first = await (await fetch((second as { paging: { previous: string } }).paging.previous)).json()
    expect(first).toMatchObject({ data: [{ name: 'c' }, { name: 'b' }] })
  })

  it('refuses pages above 20 with code 1', async () => {
    const account = await sandbox.newAccount()
    const reply = await sandbox.meta(account, 'GET', `/act_${account.id}/customaudiences?limit=21`)
    expect(reply.body.error).toMatchObject({ code: 1, message: expect.stringContaining('reduce the amount of data') })
  })

  it('filters by name and shows nothing of other accounts', async () => {
    const account = await sandbox.newAccount()
    const other = await sandbox.newAccount()
    await sandbox.newAudience(other, { name: 'Spring buyers' })
    const wanted = await sandbox.newAudience(account, { name: 'Spring buyers' })
    await sandbox.newAudience(account, { name: 'Autumn' })
    const filtering = (operator: string, value: unknown) =>
      encodeURIComponent(JSON.stringify([{ field: 'name', operator, value }]))
    for (const filter of [
      filtering('CONTAIN', 'spring'),
      filtering('EQUAL', 'Spring buyers'),
      filtering('IN', ['Spring buyers']),
    ]) {
      const { body } = await sandbox.meta(account, 'GET', `/act_${account.id}/customaudiences?filtering=${filter}`)
      expect(body.data).toEqual([{ id: wanted }])
    }
    const none = await sandbox.meta(
      account,
      'GET',
      `/act_${account.id}/customaudiences?filtering=${filtering('EQUAL', 'spring buyers')}`,
    )
    expect(none.body).toEqual({ data: [] })
  })

  it('refuses an unknown field by its name', async () => {
    const account = await sandbox.newAccount()
    const id = await sandbox.newAudience(account)
    const reply = await sandbox.meta(account, 'GET', `/${id}?fields=name,colour`)
    expect(reply.body.error).toMatchObject({ code: 100, message: expect.stringContaining('(colour)') })
  })
})

describe('an audience that is there', () => {
  it('is renamed and deleted; edits then hear of it, and a read finds nothing', async () => {
    const account = await sandbox.newAccount()
    const id = await sandbox.newAudience(account)
    expect((await sandbox.meta(account, 'POST', `/${id}`, { name: 'New' })).body.success).toBe(true)
    expect((await sandbox.meta(account, 'GET', `/${id}?fields=name`)).body.name).toBe('New')
    expect((await sandbox.meta(account, 'DELETE', `/${id}`)).body).toEqual({ success: true })
    expect((await sandbox.meta(account, 'GET', `/${id}`)).body.error).toMatchObject({ code: 100, error_subcode: 33 })
    const edit = await sandbox.meta(account, 'POST', `/${id}/users`, upload(['EMAIL'], [[sha256('a')]]))
    expect(edit.body.error.code).toBe(1487366)
  })

  it('is not deleted while lookalikes hang on it', async () => {
    const account = await sandbox.newAccount()
    const id = await sandbox.newAudience(account)
    await sandbox.control('POST', `/meta/lists/${id}/add-lookalike`)
    expect((await sandbox.meta(account, 'DELETE', `/${id}`)).body.error.code).toBe(2656)
  })

  it('can be flagged: no edit of members until it is unflagged', async () => {
    const account = await sandbox.newAccount()
    const id = await sandbox.newAudience(account)
    await sandbox.control('POST', `/meta/lists/${id}/flag`)
    const body = upload(['EMAIL'], [[sha256('a')]])
    for (const method of ['POST', 'DELETE']) {
      const { error } = (await sandbox.meta(account, method, `/${id}/users`, body)).body
      expect(error.code).toBe(100)
      expect([1713228, 1713230, 1713231]).toContain(error.error_subcode)
    }
    const status = await sandbox.meta(account, 'GET', `/${id}?fields=operation_status{code}`)
    expect(status.body.operation_status).toEqual({ code: 471 })
    await sandbox.control('POST', `/meta/lists/${id}/unflag`)
    expect((await sandbox.meta(account, 'POST', `/${id}/users`, body)).status).toBe(200)
  })

  it('shows its size roughly, and -1 while it is too small', async () => {
    const account = await sandbox.newAccount()
    const id = await sandbox.newAudience(account)
    const fields = 'approximate_count_lower_bound,approximate_count_upper_bound,delivery_status'
    const read = async () => (await sandbox.meta(account, 'GET', `/${id}?fields=${fields}`)).body
    expect(await read()).toMatchObject({ approximate_count_lower_bound: -1, delivery_status: { code: 300 } })
    const rows = Array.from({ length: 250 }, (_, index) => [sha256(String(index))])
    await sandbox.meta(account, 'POST', `/${id}/users`, upload(['EMAIL'], rows))
    const body = await read()
    expect(body.delivery_status.code).toBe(200)
    expect(body.approximate_count_lower_bound).toBeLessThanOrEqual(250)
    expect(body.approximate_count_upper_bound).toBeGreaterThanOrEqual(250)
  })
})
