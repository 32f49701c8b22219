import { expect, it } from 'vitest'
import { memberKeyOf } from '../../db/member-key.ts'
import { useApi } from './support/api.ts'
import { aDestination } from './support/journey.ts'

const api = useApi()

const aStaticAudience = async (more: object = {}): Promise<string> =>
  (await api.must('POST', '/v1/audiences', { name: 'Pushed', kind: 'static', ...more })).id

const put = (id: string, type: string, body: string, query = '') =>
  api.call('PUT', `/v1/audiences/${id}/members${query}`, body, { role: 'operator', headers: { 'content-type': type } })

/** What the audience holds now, opened: member key to row. */
async function held(id: string): Promise<Map<string, Record<string, string | null>>> {
  const rows = await api.db.sql<{ member_key: string; row: Buffer }[]>`
    select member_key, row from audience_member m join audience a on a.id = m.audience_id and a.load_no = m.load_no
    where a.id = ${id}`
  return new Map(rows.map(({ member_key, row }) => [member_key, JSON.parse(api.seal.open(row))]))
}
const key = (id: string) => memberKeyOf(api.memberKeySecret, id)

const csv = '\uFEFFmember_id;email;phone\r\nm1;ada@example.test;+12025550101\r\nm2;"grace@example.test";\r\n'
const ndjson =
  '{"member_id":"m1","email":"ada@example.test","phone":"+12025550101"}\n{"member_id":"m2","email":"grace@example.test","phone":null}\n'
const json = `[${ndjson.trim().replace('\n', ',')}]`

it.each([
  ['text/csv', csv],
  ['application/x-ndjson', ndjson],
  ['application/json; charset=utf-8', json],
])('takes a list as %s, and stores it sealed', async (type, body) => {
  const id = await aStaticAudience()
  expect(await put(id, type, body)).toMatchObject({
    status: 200,
    body: { rows: 2, size: 2, memberId: 'member_id', runId: null },
  })
  const members = await held(id)
  expect(members.get(key('m1'))).toMatchObject({ email: 'ada@example.test', phone: '+12025550101' })
  expect([...members.keys()].sort()).toEqual([key('m1'), key('m2')].sort())
  const raw = await api.db.sql<{ row: Buffer }[]>`select row from audience_member where audience_id = ${id}`
  for (const { row } of raw) expect(row.toString('latin1')).not.toContain('example')
  expect(await api.must('GET', `/v1/audiences/${id}`)).toMatchObject({ size: 2 })
})

it('replaces the list, puts members over it, and takes some out', async () => {
  const id = await aStaticAudience()
  await put(id, 'application/x-ndjson', ndjson)
  const upsert = '{"member_id":"m2","email":"hopper@example.test"}\n{"member_id":"m3","email":"new@example.test"}\n'
  expect((await put(id, 'application/x-ndjson', upsert, '?mode=upsert')).body).toMatchObject({ rows: 2, size: 3 })
  expect((await held(id)).get(key('m2'))).toMatchObject({ email: 'hopper@example.test' })
  expect((await held(id)).get(key('m1'))).toMatchObject({ email: 'ada@example.test' })

  const removed = await api.must('POST', `/v1/audiences/${id}/members/remove`, { memberIds: ['m1', 'nobody'] })
  expect(removed).toMatchObject({ removed: 1, size: 2 })
  expect((await put(id, 'application/x-ndjson', '{"member_id":"m9"}\n')).body).toMatchObject({ rows: 1, size: 1 })
  expect([...(await held(id)).keys()]).toEqual([key('m9')])
})

it('keeps nothing of a list that was replaced', async () => {
  const id = await aStaticAudience()
  for (const member of ['a', 'b', 'c']) await put(id, 'application/x-ndjson', `{"member_id":"${member}"}\n`)
  const loads = await api.db.sql`select distinct load_no from audience_member where audience_id = ${id}`
  expect(loads.length).toBe(1)
})

it('takes the usual column as the member id when none was named, and then keeps it', async () => {
  const id = await aStaticAudience()
  expect((await put(id, 'text/csv', 'id,email\n1,a@example.test\n')).body).toMatchObject({ memberId: 'id', size: 1 })
  const other = await put(id, 'text/csv', 'member_id,email\n1,a@example.test\n')
  expect(other).toMatchObject({ status: 422, body: { detail: 'Row 1 has no field id, which is the member id.' } })
  const named = await aStaticAudience({ memberId: 'customer no' })
  expect((await put(named, 'text/csv', 'customer no,email\n1,a@example.test\n')).status).toBe(200)
})

it.each([
  [
    'a row without a member id',
    'text/csv',
    'member_id,email\nm7,x@example.test\n,canary@example.test\n',
    /^Row 2 has no member id/,
  ],
  [
    'a member twice',
    'application/x-ndjson',
    '{"member_id":"m7"}\n{"member_id":"m8"}\n{"member_id":"m7","email":"canary@example.test"}\n',
    /row 3/,
  ],
  [
    'a broken row',
    'application/x-ndjson',
    '{"member_id":"m7"}\n{"member_id":"m8","email":"canary@example.test"\n',
    /line 2|row 2/i,
  ],
  [
    'a broken row of CSV',
    'text/csv',
    'member_id,email\nm7,x@example.test\nm8,canary@example.test,too,many\n',
    /line 3|row 2/i,
  ],
  ['a nested object', 'application/json', '[{"member_id":"m7","email":{"canary@example.test":1}}]', /email/],
  ['JSON that ends early', 'application/json', '[{"member_id":"m7"},', /./],
])('refuses %s, says where, quotes nothing, and changes nothing', async (_, type, body, where) => {
  const id = await aStaticAudience()
  await put(id, 'application/x-ndjson', ndjson)
  const before = await held(id)
  for (const mode of ['replace', 'upsert']) {
    const reply = await put(id, type, body, `?mode=${mode}`)
    expect(reply.status).toBe(422)
    expect(reply.body.detail).toMatch(where)
    expect(JSON.stringify(reply.body) + api.logged.join('')).not.toContain('canary')
    expect(await held(id)).toEqual(before)
  }
  expect(await api.db.sql`select distinct load_no from audience_member where audience_id = ${id}`).toHaveLength(1)
})

it('changes nothing when the stream breaks off, or is too large', async () => {
  const id = await aStaticAudience()
  await put(id, 'application/x-ndjson', ndjson)
  const before = await held(id)
  const stream = (end: (controller: ReadableStreamDefaultController<Uint8Array>) => void) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let n = 0; n < 1_000; n++) controller.enqueue(Buffer.from(`{"member_id":"s${n}"}\n`))
        end(controller)
      },
    })
  const send = (body: ReadableStream<Uint8Array>) =>
    api.request(`/v1/audiences/${id}/members`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${api.keys.operator}`, 'content-type': 'application/x-ndjson' },
      body,
      duplex: 'half',
    })
  const broken = await send(stream((controller) => controller.error(new Error('connection reset'))))
  expect(broken.status).toBe(400)
  expect(await broken.json()).toMatchObject({
    detail: 'The upload broke off before its end.',
    next: expect.stringContaining('Nothing was changed'),
  })
  expect(await held(id)).toEqual(before)

  const { maxUploadBytes } = api.config
  api.config.maxUploadBytes = 1_000
  const large = await send(stream((controller) => controller.close()))
  api.config.maxUploadBytes = maxUploadBytes
  expect(large.status).toBe(413)
  expect(await held(id)).toEqual(before)
  expect((await send(stream((controller) => controller.close()))).status).toBe(200)
  expect((await held(id)).size).toBe(1_000)
})

it('of two uploads at once, the second is told to wait', async () => {
  const id = await aStaticAudience()
  let go = () => {}
  const held = new Promise<void>((resolve) => {
    go = resolve
  })
  let begun = () => {}
  const started = new Promise<void>((resolve) => {
    begun = resolve
  })
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        begun()
        await held
        controller.enqueue(Buffer.from('{"member_id":"slow"}\n'))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const slow = api.request(`/v1/audiences/${id}/members`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${api.keys.operator}`, 'content-type': 'application/x-ndjson' },
    body,
    duplex: 'half',
  })
  await started
  expect(await put(id, 'application/x-ndjson', ndjson)).toMatchObject({
    status: 409,
    body: { type: 'urn:audience-sync:problem:uploading' },
  })
  go()
  expect((await slow).status).toBe(200)
})

it('refuses other formats, and dynamic audiences', async () => {
  const id = await aStaticAudience()
  expect(await put(id, 'application/pdf', 'x')).toMatchObject({
    status: 415,
    body: { next: expect.stringContaining('text/csv') },
  })
  expect(await api.call('POST', `/v1/audiences/${id}/activate`)).toMatchObject({
    status: 409,
    body: { missing: expect.arrayContaining([expect.objectContaining({ code: 'members' })]) },
  })
})

it('goes the whole way: fields, preview, sync, activation, an upload that asks for a sync', async () => {
  const id = await aStaticAudience({ defaultCountry: 'US' })
  await put(id, 'text/csv', csv)
  const { items } = await api.must('GET', `/v1/audiences/${id}/fields`)
  expect(items.map((field: { name: string }) => field.name).sort()).toEqual(['email', 'member_id', 'phone'])
  await api.must('PUT', `/v1/audiences/${id}/schema`, { fields: ['email', 'phone'] })
  const destinationId = await aDestination(api)
  await api.must('POST', `/v1/audiences/${id}/syncs`, {
    destinationId,
    list: { create: { name: 'Pushed' } },
    enabled: true,
  })
  expect(await api.must('GET', `/v1/audiences/${id}/preview`)).toMatchObject({
    size: 2,
    syncs: [{ usable: 2, unusable: 0 }],
  })
  expect((await put(id, 'application/x-ndjson', ndjson, '?sync=true')).status).toBe(409)
  await api.must('POST', `/v1/audiences/${id}/activate`)
  await api.db.sql`delete from run where audience_id = ${id}`
  const { body } = await put(id, 'application/x-ndjson', ndjson, '?sync=true')
  expect(await api.db.sql`select id from run where audience_id = ${id}`).toEqual([{ id: body.runId }])
})

it('takes 300 columns and odd names', async () => {
  const id = await aStaticAudience()
  const names = ['member_id', ...Array.from({ length: 299 }, (_, n) => `Spalte "${n}" 🧵`)]
  const line = (cells: string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')
  const reply = await put(id, 'text/csv', `${line(names)}\n${line(names.map((_, n) => `v${n}\t\\N\n`))}\n`)
  expect(reply.status).toBe(200)
  const [row] = (await held(id)).values()
  expect(Object.keys(row ?? {})).toEqual(names)
  expect(row?.[names[299] ?? '']).toBe('v299\t\\N\n')
})
