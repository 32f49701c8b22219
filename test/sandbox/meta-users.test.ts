import { describe, expect, it } from 'vitest'
import { sha256, upload, useSandbox } from './support/sandbox.ts'

const sandbox = useSandbox()
const [anna, bert, cleo] = ['anna', 'bert', 'cleo'].map((name) => sha256(`${name}@example.test`)) as [
  string,
  string,
  string,
]
const phone = sha256('491701234567')

async function emptyList(more?: object) {
  const account = await sandbox.newAccount()
  const id = await sandbox.newAudience(account, more)
  const call = (method: string, body: unknown, edge = 'users') => sandbox.meta(account, method, `/${id}/${edge}`, body)
  return {
    account,
    id,
    call,
    add: (schema: string | string[], data: unknown[], session?: object) => call('POST', upload(schema, data, session)),
    remove: (schema: string | string[], data: unknown[], session?: object) =>
      call('DELETE', upload(schema, data, session)),
    held: () => sandbox.held(id),
  }
}

describe('what a list holds', () => {
  it('is the rows as received, each once, empty cells left out', async () => {
    const list = await emptyList()
    await list.add(
      ['EXTERN_ID', 'EMAIL', 'PHONE'],
      [
        ['u1', anna, phone],
        ['u2', bert, ''],
      ],
    )
    await list.add(['EMAIL', 'PHONE', 'EXTERN_ID'], [[anna, phone, 'u1']])
    expect(await list.held()).toEqual([
      { EXTERN_ID: 'u1', EMAIL: anna, PHONE: phone },
      { EXTERN_ID: 'u2', EMAIL: bert },
    ])
  })

  it('loses every row that shares a strong identifier with a removal', async () => {
    const list = await emptyList()
    await list.add(
      ['EXTERN_ID', 'EMAIL'],
      [
        ['u1', anna],
        ['u2', anna],
        ['u3', bert],
      ],
    )
    await list.remove(['EMAIL'], [[anna]])
    expect(await list.held()).toEqual([{ EXTERN_ID: 'u3', EMAIL: bert }])
    await list.remove('EXTERN_ID', [['u3']])
    expect(await list.held()).toEqual([])
  })

  it('does not lose a row for an empty cell or a name in common', async () => {
    const list = await emptyList()
    const name = sha256('smith')
    await list.add(
      ['EMAIL', 'LN'],
      [
        [anna, name],
        [bert, name],
      ],
    )
    await list.remove(
      ['EMAIL', 'PHONE', 'LN'],
      [
        [cleo, '', name],
        ['', '', name],
      ],
    )
    expect(await list.held()).toHaveLength(2)
  })

  it('takes removals as POST with method=DELETE: in the query, in JSON, in a form', async () => {
    const list = await emptyList()
    await list.add(['EMAIL'], [[anna], [bert], [cleo]])
    await list.call('POST', upload(['EMAIL'], [[anna]]), 'users?method=DELETE')
    await list.call('POST', { ...upload(['EMAIL'], [[bert]]), method: 'DELETE' })
    await fetch(`${sandbox.url}/meta/v25.0/${list.id}/users`, {
      method: 'POST',
      body: new URLSearchParams({
        access_token: list.account.token,
        method: 'delete',
        payload: JSON.stringify({ schema: ['EMAIL'], data: [[cleo]] }),
        session: JSON.stringify({ session_id: 12, batch_seq: 1, last_batch_flag: true }),
      }),
    })
    expect(await list.held()).toEqual([])
  })

  it('takes a single key with rows and with bare values, under its old names too', async () => {
    const list = await emptyList()
    await list.add('EMAIL_SHA256', [[anna]])
    await list.add('EMAIL', [bert])
    await list.add('MOBILE_ADVERTISER_ID', ['aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'])
    expect(await list.held()).toEqual([
      { EMAIL: anna },
      { EMAIL: bert },
      { MADID: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee' },
    ])
  })

  it('keeps the flag of limited data use beside the person, the last one said', async () => {
    const list = await emptyList()
    const schema = [
      'EMAIL',
      'DATA_PROCESSING_OPTIONS',
      'DATA_PROCESSING_OPTIONS_COUNTRY',
      'DATA_PROCESSING_OPTIONS_STATE',
    ]
    await list.add(schema, [[anna, ['LDU'], 1, 1000]])
    await list.add(schema, [[anna, [], '', '']])
    expect(await list.held()).toEqual([{ EMAIL: anna, DATA_PROCESSING_OPTIONS: [] }])
  })

  it('empties of a person everywhere in the account, and only there, by the opt-out call', async () => {
    const list = await emptyList()
    const second = await sandbox.newAudience(list.account)
    const stranger = await emptyList()
    await list.add(['EMAIL'], [[anna], [bert]])
    await stranger.add(['EMAIL'], [[anna]])
    await sandbox.meta(list.account, 'POST', `/${second}/users`, upload(['EMAIL'], [[anna]]))
    const reply = await sandbox.meta(
      list.account,
      'DELETE',
      `/act_${list.account.id}/usersofanyaudience`,
      upload(['EMAIL'], [[anna]]),
    )
    expect(reply.body.num_received).toBe(1)
    expect([await list.held(), await sandbox.held(second), await stranger.held()]).toEqual([
      [{ EMAIL: bert }],
      [],
      [{ EMAIL: anna }],
    ])
  })
})

describe('rows and schema', () => {
  it('counts a bad cell as an invalid entry, holds nothing of its row, and takes the rest', async () => {
    const list = await emptyList()
    const madid = 'AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE'
    const { body } = await list.add(
      ['EXTERN_ID', 'EMAIL', 'MADID'],
      [
        ['u1', anna, ''],
        ['u2', 'anna@example.test', ''],
        ['u3', bert.toUpperCase(), ''],
        ['u4', '', madid],
        ['', '', ''],
      ],
    )
    expect(body).toMatchObject({ audience_id: list.id, num_received: 5, num_invalid_entries: 4 })
    expect(Object.keys(body.invalid_entry_samples)).toContain('anna@example.test')
    expect(await list.held()).toEqual([{ EXTERN_ID: 'u1', EMAIL: anna }])
  })

  it('names at most 100 invalid entries', async () => {
    const list = await emptyList()
    const { body } = await list.add(
      ['EMAIL'],
      Array.from({ length: 150 }, (_, index) => [`x${index}`]),
    )
    expect(body.num_invalid_entries).toBe(150)
    expect(Object.keys(body.invalid_entry_samples)).toHaveLength(100)
  })

  it.each<[string, unknown, unknown]>([
    ['a row that is too short', ['EMAIL', 'PHONE'], [[anna]]],
    ['a row that is too long', ['EMAIL'], [[anna, phone]]],
    ['a bare value for two keys', ['EMAIL', 'PHONE'], [anna]],
    ['a null cell', ['EMAIL'], [[null]]],
    ['a cell that is an object', ['EMAIL'], [[{}]]],
    ['no rows', ['EMAIL'], []],
    ['rows that are no array', ['EMAIL'], 'rows'],
    ['an unknown key', ['E_MAIL'], [[anna]]],
    ['a key in lowercase', ['email'], [[anna]]],
    ['a key twice', ['EMAIL', 'EMAIL'], [[anna, anna]]],
    ['no key', [], [[]]],
    ['no schema', undefined, [[anna]]],
    ['a value for an audience without values', ['EMAIL', 'LOOKALIKE_VALUE'], [[anna, 3]]],
    ['unknown data processing options', ['EMAIL', 'DATA_PROCESSING_OPTIONS'], [[anna, ['ALL']]]],
    ['a country of data processing without options', ['EMAIL', 'DATA_PROCESSING_OPTIONS_COUNTRY'], [[anna, 1]]],
    ['more than 10,000 rows', ['EMAIL'], Array.from({ length: 10_001 }, () => [anna])],
  ])('refuses the whole call for %s', async (_, schema, data) => {
    const list = await emptyList()
    const reply = await list.call('POST', { payload: { schema, data } })
    expect(reply.status).toBe(400)
    expect(reply.body.error.code).toBe(100)
    expect(await list.held()).toEqual([])
  })

  it('takes values in a value-based audience', async () => {
    const list = await emptyList({ is_value_based: true })
    const { body } = await list.add(
      ['EMAIL', 'LOOKALIKE_VALUE'],
      [
        [anna, 12.5],
        [bert, -1],
      ],
    )
    expect(body.num_invalid_entries).toBe(1)
    expect(await list.held()).toEqual([{ EMAIL: anna, LOOKALIKE_VALUE: 12.5 }])
  })

  it('refuses a data source that contradicts the one before', async () => {
    const list = await emptyList()
    const body = (type: string) => ({ ...upload(['EMAIL'], [[anna]]), data_source: { type, sub_type: 'ANYTHING' } })
    await list.call('POST', body('FILE_IMPORTED'))
    expect((await list.call('POST', body('FILE_IMPORTED'))).status).toBe(200)
    expect((await list.call('POST', body('PARTNER_IMPORTED'))).body.error.code).toBe(2650)
  })
})

describe('upload sessions', () => {
  const batch = (batch_seq: number, more?: object) => ({
    session_id: 4_711,
    batch_seq,
    last_batch_flag: false,
    ...more,
  })

  it('add up what they received and can be read back, all in strings', async () => {
    const list = await emptyList()
    await list.add(['EMAIL'], [[anna], ['bad']], batch(1, { estimated_num_total: 4 }))
    const { body } = await list.add(['EMAIL'], [[bert]], batch(2))
    expect(body).toMatchObject({ session_id: '4711', num_received: 3, num_invalid_entries: 1 })
    const read = async () => (await sandbox.meta(list.account, 'GET', `/${list.id}/sessions?session_id=4711`)).body.data
    expect(await read()).toEqual([
      {
        session_id: '4711',
        stage: 'uploading',
        progress: '37',
        num_received: '3',
        num_matched: '0',
        num_invalid_entries: '1',
        start_time: expect.stringMatching(/^\d+$/),
      },
    ])
    await list.add(['EMAIL'], [[cleo]], batch(3, { last_batch_flag: true }))
    await sandbox.control('POST', '/clock', { platform: 'meta', advance: '1m' })
    expect(await read()).toMatchObject([{ stage: 'completed', progress: '100', num_received: '4', num_matched: '2' }])
  })

  it('are made up where none is given', async () => {
    const list = await emptyList()
    const { body } = await list.add(['EMAIL'], [[anna]])
    expect(body.session_id).toMatch(/^[1-9]\d*$/)
    const sessions = await sandbox.meta(list.account, 'GET', `/${list.id}/sessions`)
    expect(sessions.body.data.map((session: { session_id: string }) => session.session_id)).toEqual([body.session_id])
  })

  it('keep a long id whole', async () => {
    const list = await emptyList()
    const body = JSON.stringify({ ...upload(['EMAIL'], [[anna]]), session: { session_id: 0, batch_seq: 1 } })
    const reply = await list.call('POST', body.replace('"session_id":0', '"session_id":9223372036854775807'))
    expect(reply.body.session_id).toBe('9223372036854775807')
  })

  it('keep one schema and one audience', async () => {
    const list = await emptyList()
    await list.add(['EMAIL'], [[anna]], batch(1))
    expect((await list.add(['PHONE'], [[phone]], batch(2))).body.error.code).toBe(100)
    const other = await sandbox.newAudience(list.account)
    const reply = await sandbox.meta(list.account, 'POST', `/${other}/users`, upload(['EMAIL'], [[anna]], batch(1)))
    expect(reply.body.error.code).toBe(100)
  })

  it('take nothing new after the last batch, but the same batch again', async () => {
    const list = await emptyList()
    await list.add(['EMAIL'], [[anna]], batch(1, { last_batch_flag: true }))
    expect((await list.add(['EMAIL'], [[anna]], batch(1, { last_batch_flag: true }))).status).toBe(200)
    expect((await list.add(['EMAIL'], [[bert]], batch(2))).body.error).toMatchObject({
      code: 2650,
      error_subcode: 1870159,
    })
    expect(await list.held()).toEqual([{ EMAIL: anna }])
  })

  it.each([0, -1, 1.5, 'abc', '9223372036854775808', null])('need a positive 64-bit id, not %s', async (session_id) => {
    const list = await emptyList()
    expect((await list.add(['EMAIL'], [[anna]], { session_id, batch_seq: 1 })).body.error.code).toBe(100)
    expect(await list.held()).toEqual([])
  })
})

it('takes 10,000 rows of seven cells in a call, several times over', async () => {
  const list = await emptyList()
  const schema = ['EXTERN_ID', 'EMAIL', 'PHONE', 'FN', 'LN', 'ZIP', 'COUNTRY']
  const country = sha256('de')
  const row = (index: number) => [
    `u${index}`,
    ...['e', 'p', 'f', 'l', 'z'].map((key) => sha256(`${key}${index}`)),
    country,
  ]
  const bodies = [0, 1, 2, 3, 4].map((part) =>
    upload(
      schema,
      Array.from({ length: 10_000 }, (_, index) => row(part * 10_000 + index)),
    ),
  )
  const before = performance.now()
  for (const body of bodies) await list.call('POST', body)
  const perCall = (performance.now() - before) / bodies.length
  console.log(`10,000 rows in ${Math.round(perCall)} ms`)
  expect(await sandbox.control('GET', `/meta/lists/${list.id}`)).toMatchObject({ body: { count: 50_000 } })
})
