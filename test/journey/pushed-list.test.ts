import { connect as dial } from 'node:net'
import { expect, it } from 'vitest'
import { aDestination, hashed } from '../support/audiences.ts'
import { until } from '../support/deployment.ts'
import { useJourney } from '../support/journey.ts'

const mib = 1024 * 1024
const journey = useJourney({ maxUploadBytes: 8 * mib })

const ndjson = { 'content-type': 'application/x-ndjson' }
const csv = { 'content-type': 'text/csv' }
const lines = (names: readonly string[]) =>
  names.map((name) => JSON.stringify({ id: name, email: `${name}@example.test` })).join('\n')

async function aStaticAudience(first: string = lines(['a', 'b', 'c'])) {
  const { must } = journey
  const { id: audienceId } = await must('POST', '/v1/audiences', { name: 'Pushed', kind: 'static' })
  const early = await journey.call('POST', `/v1/audiences/${audienceId}/activate`)
  expect(early.body.missing.map(({ code }: { code: string }) => code)).toContain('members')
  await must('PUT', `/v1/audiences/${audienceId}/members`, first, ndjson)
  await must('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email'] })
  const sync = await must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId: await aDestination(journey),
    list: { create: { name: `List of ${audienceId}` } },
    mapping: { EMAIL: 'email' },
    enabled: true,
  })
  await must('POST', `/v1/audiences/${audienceId}/activate`)
  await journey.lastRun(audienceId)
  return { audienceId, listId: sync.list.id, members: `/v1/audiences/${audienceId}/members` }
}

it('brings a list that is pushed as NDJSON, JSON and CSV, replaced, added to and taken from', async () => {
  const { audienceId, listId, members } = await aStaticAudience()
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b', 'c']))

  const json = [{ id: 'd', email: 'd@example.test' }]
  const added = await journey.must('PUT', `${members}?mode=upsert&sync=true`, json)
  expect(added).toMatchObject({ rows: 1, size: 4 })
  await journey.finished(added.runId)
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b', 'c', 'd']))

  const removed = await journey.must('POST', `${members}/remove?sync=true`, { memberIds: ['a', 'nobody'] })
  expect(removed).toMatchObject({ removed: 1, size: 3 })
  await journey.finished(removed.runId)
  expect(await journey.emails(listId)).toEqual(hashed(['b', 'c', 'd']))

  const replaced = await journey.must(
    'PUT',
    `${members}?mode=replace&sync=true`,
    'id,email\nb,b@example.test\ne,"e@example.test"\n',
    csv,
  )
  expect(replaced).toMatchObject({ rows: 2, size: 2 })
  await journey.finished(replaced.runId)
  expect(await journey.emails(listId)).toEqual(hashed(['b', 'e']))
  expect((await journey.must('GET', `/v1/audiences/${audienceId}`)).size).toBe(2)
})

it('takes a CSV with a BOM, semicolons, 300 columns and oddities of Unicode', async () => {
  const { audienceId, listId, members } = await aStaticAudience()
  const columns = ['id', 'email', ...Array.from({ length: 298 }, (_, n) => `column ${n}`)]
  const names = ['a\u0301ccent', '😀', '\u202emirrored\u202c', 'O’Brien; "quoted"', '\u200b', 'ﬁ ligature']
  const rows = names.map((name, n) => [
    `m${n}`,
    `odd${n}@example.test`,
    ...Array.from({ length: 298 }, () => `"${name.replaceAll('"', '""')}"`),
  ])
  const body = `\ufeff${[columns, ...rows].map((row) => row.join(';')).join('\r\n')}\r\n`
  const pushed = await journey.must('PUT', `${members}?sync=true`, body, csv)
  expect(pushed).toMatchObject({ rows: 6, size: 6 })
  await journey.finished(pushed.runId)
  expect(await journey.emails(listId)).toEqual(hashed(names.map((_, n) => `odd${n}`)))
  const { items, fields } = await journey.must('GET', `/v1/audiences/${audienceId}/fields`)
  expect((items ?? fields).length).toBe(300)
})

it.each([
  ['a CSV with a broken row', 'id,email\na,a@example.test\n"b,b@example.test\n', csv, 422],
  ['a CSV whose row has too many cells', 'id,email\na,a@example.test\nb,b@example.test,more\n', csv, 422],
  ['an NDJSON with a broken line', '{"id":"z","email":"z@example.test"}\n{"id":', ndjson, 422],
  ['two rows of one member', `${lines(['z', 'z'])}`, ndjson, 422],
  ['a row without a member id', `${lines(['z'])}\n{"email":"y@example.test"}`, ndjson, 422],
  ['a row that is no object', `${lines(['z'])}\n[1]`, ndjson, 422],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0xfe]), ndjson, 422],
  ['a type that nobody reads', lines(['z']), { 'content-type': 'text/html' }, 415],
])('changes nothing for %s, and says what is wrong with it', async (_, body, headers, status) => {
  const { audienceId, members } = await shared()
  const answer = await fetch(`${journey.url}${members}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${journey.key}`, ...headers },
    body,
  })
  const problem = JSON.parse(await answer.text())
  expect({ status: answer.status, ...problem }).toMatchObject({
    status,
    detail: expect.any(String),
    whose: 'you',
    next: expect.any(String),
  })
  expect(JSON.stringify(problem)).not.toContain('example.test')
  expect((await journey.must('GET', `/v1/audiences/${audienceId}`)).size).toBe(3)
})

it('changes nothing when the connection breaks in the middle', async () => {
  const { audienceId, members } = await shared()
  const { hostname, port } = new URL(journey.url)
  const socket = dial(Number(port), hostname)
  await new Promise((done) => socket.once('connect', done))
  socket.write(
    `PUT ${members} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${journey.key}\r\ncontent-type: application/x-ndjson\r\n` +
      `transfer-encoding: chunked\r\n\r\n`,
  )
  const part = `${lines(['x', 'y', 'z'])}\n`
  socket.write(`${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`)
  // PostgreSQL takes its rows: the upload is under way
  await until(async () => {
    const [copying] = await journey.deployment.sql`
      select from pg_stat_activity where datname = current_database() and state = 'active' and query like 'copy upload %'`
    return copying !== undefined
  })
  expect((await journey.call('PUT', members, lines(['a', 'b', 'c']), ndjson)).code).toBe('uploading')
  socket.destroy()
  const size = async () => (await journey.must('GET', `/v1/audiences/${audienceId}`)).size
  await until(async () => (await journey.call('PUT', `${members}?mode=upsert`, lines(['d']), ndjson)).status === 200)
  expect(await size()).toBe(4)
  await journey.must('POST', `${members}/remove`, { memberIds: ['d'] })
  expect(await size()).toBe(3)
})

it('refuses an upload that is larger than allowed, without having read it all', async () => {
  const { audienceId, members } = await shared()
  let sent = 0
  const row = Buffer.from(`${lines(['x'.repeat(1_000)])}\n`.repeat(60))
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += row.length
      if (sent > 2_000 * mib) controller.close()
      else controller.enqueue(row)
    },
  })
  const init = {
    method: 'PUT',
    body,
    duplex: 'half',
    headers: { authorization: `Bearer ${journey.key}`, ...ndjson },
  } as const
  const status = await fetch(`${journey.url}${members}`, init)
    .then(async (answer) => ({ status: answer.status, ...JSON.parse(await answer.text()) }))
    .catch((error: Error) => ({ broken: String(error.cause ?? error) }))
  expect(status).toMatchObject({ status: 413, detail: 'The body is larger than 8 MiB.' })
  expect(sent).toBeLessThan(100 * mib)
  expect((await journey.must('GET', `/v1/audiences/${audienceId}`)).size).toBe(3)
})

it('reads one upload whole in each run while others take its place', async () => {
  const { audienceId, listId, members } = await aStaticAudience(lines(many('m')))
  await journey.must('PATCH', `/v1/audiences/${audienceId}`, { brake: { percent: 0, minimum: 0 } })
  const sizes = new Set<number>()
  for (let round = 0; round < 6; round++) {
    const { runId } = await journey.must('POST', `/v1/audiences/${audienceId}/instant-sync`)
    await journey.must('PUT', members, lines(many('m')), ndjson)
    await journey.must('PUT', members, lines(many('m')), ndjson)
    sizes.add((await journey.finished(runId)).size)
  }
  expect([...sizes]).toEqual([500])
  expect((await journey.emails(listId)).length).toBe(500)
})

it('takes uploads while it is pushed to, activated and archived', async () => {
  const { audienceId, listId, members } = await aStaticAudience()
  const [archived] = await Promise.all([
    journey.call('POST', `/v1/audiences/${audienceId}/archive`, { members: 'keep' }),
    journey.must('PUT', members, lines(['a', 'b', 'd']), ndjson),
  ])
  expect(archived.status).toBe(202)
  await until(async () => (await journey.must('GET', `/v1/audiences/${audienceId}`)).status === 'archived')
  const late = await journey.call('PUT', `${members}?sync=true`, lines(['q']), ndjson)
  expect(late).toMatchObject({ status: 409, code: 'not_active' })
  await journey.must('POST', `/v1/audiences/${audienceId}/activate`)
  await journey.lastRun(audienceId)
  expect(await journey.emails(listId)).toEqual(hashed(['a', 'b', 'd']))
})

const many = (prefix: string) => Array.from({ length: 500 }, (_, n) => `${prefix}${n}`)

let made: ReturnType<typeof aStaticAudience> | undefined
/** One audience of three that nothing may change. */
const shared = () => {
  made ??= aStaticAudience()
  return made
}
