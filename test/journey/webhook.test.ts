import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aSource, aTable, putPeople, takePeople } from '../support/audiences.ts'
import { useJourney } from '../support/journey.ts'

const journey = useJourney({ settings: { ALLOW_PRIVATE_WEBHOOKS: 'on' }, allowPrivate: true })

type Event = { type: string; data: { id: string; action: string; member: Record<string, string> } }
type Taken = { headers: Record<string, string>; body: string }

/** What came in, and what is answered to the next requests before 204 to all. */
const taken: Taken[] = []
const answers: number[] = []
const receiver = createServer(async (request, response) => {
  let body = ''
  for await (const part of request) body += part
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  taken.push({ headers, body })
  response.writeHead(answers.shift() ?? 204).end()
})
let url = ''
beforeAll(async () => {
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  const address = receiver.address() as AddressInfo
  url = `http://127.0.0.1:${address.port}/hook`
})
afterAll(() => {
  receiver.closeAllConnections()
  receiver.close()
})

/** The requests since, their signatures verified as a receiver does it. */
const verified = (secret: string, since = 0): Event[] =>
  taken.slice(since).map(({ body, headers }) => new Webhook(secret).verify(body, headers) as Event)

it('tells a receiver of joins and leaves in signed requests, whose secret is shown once and can be changed', {
  timeout: 60_000,
}, async () => {
  const { must } = journey
  const table = await aTable(journey, ['anna', 'ben'])
  const made = await must('POST', '/v1/destinations', { name: 'Our hook', platform: 'webhook', settings: { url } })
  expect(made.secret).toMatch(/^whsec_/)
  const read = await must('GET', `/v1/destinations/${made.id}`)
  expect(JSON.stringify(read)).not.toContain(made.secret)
  const { id: audienceId } = await must('POST', '/v1/audiences', {
    name: 'Told by hook',
    kind: 'dynamic',
    source: { id: await aSource(journey), memberId: 'id', table },
    refreshInterval: '7d',
  })
  await must('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email', 'phone'] })
  await must('POST', `/v1/audiences/${audienceId}/syncs`, {
    destinationId: made.id,
    mode: 'event',
    announceExisting: true,
    mapping: { EMAIL: 'email' },
    enabled: true,
  })
  await must('POST', `/v1/audiences/${audienceId}/activate`)
  await journey.settled((await journey.lastRun(audienceId)).id)
  const joined = verified(made.secret)
  expect(joined.map(({ type, data }) => `${type} ${data.action} ${data.member.EMAIL}`).sort()).toEqual([
    'added_to_segment added anna@example.test',
    'added_to_segment added ben@example.test',
  ])

  // an answer that is an error: the same event again, under the same id
  const before = taken.length
  answers.push(500)
  await putPeople(journey, table, ['carl'])
  await journey.settled((await journey.syncNow(audienceId)).id)
  const again = verified(made.secret, before)
  expect(again).toHaveLength(2)
  expect(new Set(again.map(({ data }) => data.id)).size).toBe(1)

  const { secret } = await must('POST', `/v1/destinations/${made.id}/rotate-secret`, {})
  const rotated = taken.length
  await takePeople(journey, table, ['anna'])
  await journey.settled((await journey.syncNow(audienceId)).id)
  for (const either of [secret, made.secret])
    expect(verified(either, rotated)).toMatchObject([{ type: 'removed_from_segment', data: { action: 'removed' } }])
})

it('names the receiver that wants no more, and goes on when it is connected again', { timeout: 60_000 }, async () => {
  const { must } = journey
  const table = await aTable(journey, ['dora'])
  const { id: destinationId } = await must('POST', '/v1/destinations', {
    name: 'Tired hook',
    platform: 'webhook',
    settings: { url: `${url}/tired` },
  })
  const { id: audienceId } = await must('POST', '/v1/audiences', {
    name: 'Told by a tired hook',
    kind: 'dynamic',
    source: { id: await aSource(journey), memberId: 'id', table },
    refreshInterval: '7d',
  })
  await must('PUT', `/v1/audiences/${audienceId}/schema`, { fields: ['email', 'phone'] })
  const sync = { destinationId, mode: 'event', announceExisting: true, mapping: { EMAIL: 'email' }, enabled: true }
  await must('POST', `/v1/audiences/${audienceId}/syncs`, sync)
  answers.push(410)
  await must('POST', `/v1/audiences/${audienceId}/activate`)
  await journey.lastRun(audienceId)
  const { status, problem } = await must('GET', `/v1/destinations/${destinationId}`)
  expect(status).toBe('needs_attention')
  expect(problem.next.length).toBeGreaterThan(0)

  const before = taken.length
  await must('POST', `/v1/destinations/${destinationId}/check`)
  await journey.lastRun(audienceId)
  expect(taken.slice(before).map(({ body }) => JSON.parse(body).data.member.EMAIL)).toEqual(['dora@example.test'])
})
