import { hash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRecorder } from '../destinations/recorder.ts'
import { type Deployment, startDeployment, syncNow, until } from '../support/deployment.ts'

const MEMBERS = 10_000
const bad = hash('sha256', 'person.4711@example.test')
const hashes = /"id":"([0-9a-f]{64})"/g

/** A platform that refuses a whole request for one row and does not say which. */
let platform: Awaited<ReturnType<typeof startRecorder>>
let deployment: Deployment
beforeAll(async () => {
  platform = await startRecorder(({ text }) =>
    text.includes(bad) ? { json: { code: 40051, message: 'refused' } } : { json: { code: 0, message: 'OK', data: {} } },
  )
  deployment = await startDeployment({ settings: { SANDBOX_URL: platform.url } })
}, 120_000)
afterAll(async () => {
  await deployment?.stop()
  await platform?.close()
})

async function anAudience(): Promise<string> {
  const { sql, seal, people, sourceUrl } = deployment
  await people`create table people as
    select n::text as id, 'person.' || n || '@example.test' as email from generate_series(1, ${MEMBERS}::int) n`
  const sealed = (value: object) => seal.seal(JSON.stringify(value))
  const [source] = await sql`insert into source (name, kind, credentials)
    values ('shop', 'postgres', ${sealed({ url: sourceUrl })}) returning id`
  const [audience] =
    await sql`insert into audience (name, kind, status, source_id, query, member_id, refresh_interval_ms, fields)
    values ('All', 'dynamic', 'active', ${source?.id}, 'select * from people', 'id', 3600000, '["email"]') returning id`
  const [destination] = await sql`insert into destination (name, platform, settings, credentials, sandbox, account)
    values ('TikTok', 'tiktok', ${sql.json({ advertiserId: '7' })}, ${sealed({ accessToken: 'T' })}, true, '7') returning id`
  await sql`insert into sync (audience_id, destination_id, mode, account, list_id, list_name, mapping, enabled)
    values (${audience?.id}, ${destination?.id}, 'list', '7', '1', 'All', '{"EMAIL_SHA256":"email"}', true)`
  return String(audience?.id)
}

it('is found among ten thousand by halving, and costs no neighbour its place', { timeout: 90_000 }, async () => {
  await syncNow(deployment, await anAudience())
  const { sql } = deployment
  await until(async () => {
    const [delivery] = await sql`select uploaded_at from delivery`
    return delivery?.uploaded_at != null
  })
  const sent = platform.requests.filter(({ path }) => path.endsWith('/segment/mapping/'))
  const refused = sent.filter(({ text }) => text.includes(bad))
  const taken = sent.filter(({ text }) => !text.includes(bad)).flatMap(({ text }) => [...text.matchAll(hashes)])
  expect(taken.length).toBe(MEMBERS - 1)
  expect(new Set(taken.map(([, one]) => one)).size).toBe(MEMBERS - 1)
  expect(await sql`select reason ~ 'TikTok' as told from ledger where state = 'rejected'`).toEqual([{ told: true }])
  // each refusal halves where it may be; with the requests that bring the other halves it is twice that and the first
  expect(refused.length).toBeLessThanOrEqual(Math.ceil(Math.log2(MEMBERS)) + 1)
  expect(sent.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(MEMBERS)) + 1)
})
