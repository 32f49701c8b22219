import { Webhook } from 'standardwebhooks'
import { describe, expect, it, onTestFinished } from 'vitest'
import { webhook } from '../../../destinations/webhook/index.ts'
import { newSecret } from '../../../destinations/webhook/secret.ts'
import { AT, AUDIENCE, anEvent, anEventBatch, eventId, openEventsAt } from '../events.ts'
import { failureFrom } from '../open.ts'
import { eventsOf } from '../opened-events.ts'
import { type Recorded, type Reply, startRecorder } from '../recorder.ts'

type Replier = (request: Recorded) => Reply | undefined

async function open(reply: Reply | Replier = { status: 204, text: '' }, credentials = { secret: newSecret() }) {
  const recorder = await startRecorder((request) => (typeof reply === 'function' ? reply(request) : reply))
  onTestFinished(() => recorder.close())
  const account = { settings: { url: `${recorder.url}/hook?token=t` }, credentials }
  return { ...openEventsAt(webhook, 'http://unused.test', account), requests: recorder.requests, account }
}

const identifiers = ['MEMBER_ID', 'EMAIL', 'FBP']
const anna = anEvent(1, { values: ['1', 'anna@example.test', undefined], properties: { plan: 'gold "plus"' } })
const visitor = anEvent(2, { values: [undefined, undefined, 'fb.1.1789990000000.12'] })
const batch = anEventBatch({ identifiers, events: [anna, visitor] })
const many = (count: number) =>
  anEventBatch({
    identifiers: ['MEMBER_ID'],
    events: Array.from({ length: count }, (_, at) => anEvent(at, { values: [String(at)] })),
  })

/** What a receiver with the library and this secret reads. Throws where the signature is not right. */
const verified = (secret: string, { text, headers }: Recorded) =>
  new Webhook(secret).verify(
    text,
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `${value}`])),
  )
const idOf = ({ headers }: Recorded) => headers['webhook-id']

describe('a webhook', () => {
  it('is told of each event by a signed request of its own, for known and anonymous people', async () => {
    const { opened, requests, account } = await open()
    expect(await opened.send(batch)).toEqual({ state: 'confirmed', received: 2 })
    const read = requests.map((request) => verified(account.credentials.secret, request))
    expect(read).toContainEqual({
      type: 'added_to_segment',
      timestamp: AT.toISOString(),
      data: {
        id: eventId(1),
        segment_id: AUDIENCE.id,
        segment_name: AUDIENCE.name,
        action: 'added',
        occurred_at: AT.toISOString(),
        member: { MEMBER_ID: '1', EMAIL: 'anna@example.test' },
        properties: { plan: 'gold "plus"' },
      },
    })
    expect(read).toContainEqual(
      expect.objectContaining({
        data: expect.objectContaining({ member: { FBP: 'fb.1.1789990000000.12' }, properties: {} }),
      }),
    )
    expect(requests.map(idOf).sort()).toEqual([eventId(1), eventId(2)])
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/hook', query: { token: 't' } })
    expect(requests[0]?.headers['content-type']).toBe('application/json')
  })

  it('reads words of any script as they were', async () => {
    const { opened, requests, account } = await open()
    const events = [anEvent(1, { values: ['Ж-1 "😀"'], properties: { 'größe "x"': '特大\n' } })]
    await opened.send(anEventBatch({ identifiers: ['MEMBER_ID'], events, name: 'beigetreten «ä»' }))
    expect(verified(account.credentials.secret, requests[0] as Recorded)).toMatchObject({
      type: 'beigetreten «ä»',
      data: { member: { MEMBER_ID: 'Ж-1 "😀"' }, properties: { 'größe "x"': '特大\n' } },
    })
  })

  it('that has the old secret or the new one verifies while secrets are changed; another refuses', async () => {
    const [secret, previousSecret, other] = [newSecret(), newSecret(), newSecret()]
    const { opened, requests } = await open(undefined, { secret, previousSecret } as { secret: string })
    await opened.send({ ...batch, events: [anna] })
    const request = requests[0] as Recorded
    expect(verified(secret, request)).toEqual(verified(previousSecret, request))
    expect(String(request.headers['webhook-signature']).split(' ')).toHaveLength(2)
    expect(() => verified(other, request)).toThrow()
    expect(() => verified(secret, { ...request, text: request.text.replace('anna', 'otto') })).toThrow()
    expect(() => verified(secret, { ...request, headers: { ...request.headers, 'webhook-id': 'x' } })).toThrow()
  })

  it('is sent the same bytes under the same ids when a batch is repeated', async () => {
    for (const eventsPerRequest of [1, 3]) {
      const { opened, requests } = await open()
      const first = { ...many(8), settings: { eventsPerRequest } }
      await opened.send(first)
      const sent = new Map(requests.map((request) => [idOf(request), request.text]))
      requests.length = 0
      await opened.send({ ...first, repeated: true, since: new Date(0) })
      expect(new Map(requests.map((request) => [idOf(request), request.text]))).toEqual(sent)
      expect(sent.size).toBe(eventsPerRequest === 1 ? 8 : 3)
    }
  })

  it('gets several events in a request where the sync says so, in their order', async () => {
    const { opened, requests, account } = await open()
    const later = new Date(AT.getTime() + 5_000)
    const events = many(5).events.map((event, at) => (at === 1 ? { ...event, at: later } : event))
    await opened.send({ ...many(0), events, settings: { eventsPerRequest: 2 } })
    const read = requests.map((request) => Object(verified(account.credentials.secret, request)))
    const order = read
      .map(({ data }) => data.events.map((event: { id: string }) => event.id))
      .sort(([a], [b]) => a.localeCompare(b))
    expect(order).toEqual([[eventId(0), eventId(1)], [eventId(2), eventId(3)], [eventId(4)]])
    const first = read.find(({ data }) => data.events[0].id === eventId(0))
    expect(first).toMatchObject({
      type: 'membership',
      timestamp: later.toISOString(),
      data: { events: [{ type: 'added_to_segment', segment_id: AUDIENCE.id, member: { MEMBER_ID: '0' } }, {}] },
    })
    expect(new Set(requests.map(idOf)).size).toBe(3)
    expect(requests.every((request) => /^[0-9a-f]{64}$/.test(String(idOf(request))))).toBe(true)
  })

  it('gets no request of more than a megabyte', async () => {
    const { opened, requests } = await open()
    const long = 'ä'.repeat(4_000)
    const events = many(120).events.map((event) => ({ ...event, properties: { long } }))
    await opened.send({ ...many(0), events, settings: { eventsPerRequest: 500 } })
    expect(requests.length).toBeGreaterThan(2)
    expect(Math.max(...requests.map(({ text }) => Buffer.byteLength(text)))).toBeLessThanOrEqual(1_001_000)
    expect(requests.flatMap(({ body }) => Object(body).data.events)).toHaveLength(120)
  })

  it('has a bounded number of requests to answer at once, which start in the order of the events', async () => {
    let isOpen = 0
    let most = 0
    const waiting: (() => void)[] = []
    const answering = await startRecorder((request, response) => {
      if (request.path === '/all-here') return {}
      isOpen++
      most = Math.max(most, isOpen)
      waiting.push(() => {
        isOpen--
        response.writeHead(200).end()
      })
      if (waiting.length === 20) {
        // one more that was on its way would be here before this one comes back
        void fetch(`http://${request.headers.host}/all-here`).then(() => {
          for (const answer of waiting.splice(0)) answer()
        })
      }
      return undefined
    })
    onTestFinished(() => answering.close())
    const settings = { url: answering.url }
    const credentials = { secret: newSecret() }
    await openEventsAt(webhook, 'http://unused.test', { settings, credentials }).opened.send(many(100))
    expect(most).toBe(20)
    const told = answering.requests.filter(({ method }) => method === 'POST')
    const waves = told.map((request) => Math.floor(Number(String(idOf(request)).slice(-12)) / 20))
    expect(waves).toEqual([...waves].sort((a, b) => a - b))
  })

  it.each([
    [302, { location: 'http://169.254.169.254/' }, 'retry', undefined],
    [400, {}, 'retry', undefined],
    [401, {}, 'retry', undefined],
    [410, {}, 'auth', undefined],
    [429, { 'retry-after': '7' }, 'throttled', 7_000],
    [429, {}, 'throttled', 60_000],
    [502, { 'retry-after': '9' }, 'throttled', 9_000],
    [504, { 'retry-after': '9' }, 'throttled', 9_000],
    [502, {}, 'retry', undefined],
    [500, {}, 'retry', undefined],
  ])('that answers %d %o makes a failure of the kind %s', async (status, headers, kind, waitMs) => {
    const { opened, requests, account } = await open({ status, headers, text: 'anna@example.test was not wanted' })
    const failure = await failureFrom(opened.send({ ...batch, events: [anna] }))
    expect(failure).toMatchObject({ kind, retryAfterMs: waitMs, code: `http ${status}`, rowsSuspect: false })
    expect(requests).toHaveLength(1)
    for (const secret of ['anna', 'token=t', account.credentials.secret]) expect(failure.message).not.toContain(secret)
  })

  it('that refuses one event gets its neighbours all the same', async () => {
    const { opened, requests } = await open((request) => ({
      status: idOf(request) === eventId(3) ? 422 : 200,
      text: '',
    }))
    expect(await failureFrom(opened.send(many(60)))).toMatchObject({ kind: 'retry', code: 'http 422' })
    expect(new Set(requests.map(idOf)).size).toBe(60)
  })

  it('that refuses everything is soon left in peace', async () => {
    const { opened, requests } = await open({ status: 500, text: '' })
    expect(await failureFrom(opened.send(many(300)))).toMatchObject({ kind: 'retry' })
    expect(requests.length).toBeLessThan(60)
  })

  it('that is gone, or asks for patience, is asked no more in this batch', async () => {
    for (const status of [410, 429]) {
      const { opened, requests } = await open({ status, text: '' })
      await failureFrom(opened.send(many(300)))
      expect(requests.length).toBeLessThanOrEqual(20)
    }
  })

  it('that does not answer is retried later', async () => {
    const { account } = await open()
    const { opened } = openEventsAt(webhook, 'http://unused.test', account, { timeoutMs: 300 })
    const silent = await startRecorder(() => undefined)
    onTestFinished(() => silent.close())
    const slow = openEventsAt(
      webhook,
      'http://unused.test',
      { ...account, settings: { url: silent.url } },
      { timeoutMs: 300 },
    )
    expect(await failureFrom(slow.opened.send(many(100)))).toMatchObject({ kind: 'retry', code: 'timeout' })
    // twenty that failed, and those that were on their way by then
    expect(silent.requests.length).toBeLessThan(40)
    expect(await opened.send(many(1))).toMatchObject({ state: 'confirmed' })
  })

  it('at a private address is reached only where the deployment allows it, or at the sandbox', async () => {
    const { account, requests } = await open()
    const guarded = openEventsAt(webhook, 'http://unused.test', account, { allowPrivate: false })
    expect(await failureFrom(guarded.opened.send(batch))).toMatchObject({ kind: 'config' })
    expect(requests).toHaveLength(0)
    const atSandbox = openEventsAt(webhook, new URL(account.settings.url).origin, account, {
      allowPrivate: false,
      sandbox: true,
    })
    await atSandbox.opened.send(batch)
    expect(requests).toHaveLength(2)
  })

  it('without a secret is not sent to, and says what it lacks', async () => {
    const { opened, requests } = await open(undefined, {} as { secret: string })
    expect(opened.lacks?.next).toContain('secret')
    expect(await failureFrom(opened.send(batch))).toMatchObject({ kind: 'auth', code: 'no-secret' })
    expect(await opened.check()).toMatchObject({ ok: false })
    expect(requests).toHaveLength(0)
  })

  it('is checked without a request, which is said', async () => {
    const { opened, requests, account } = await open()
    expect(await opened.check()).toMatchObject({
      ok: true,
      account: expect.not.stringContaining('token'),
      problems: [{ what: expect.stringContaining('nothing was sent') }],
    })
    expect(requests).toHaveLength(0)
    const elsewhere = (url: string, allowPrivate: boolean) =>
      openEventsAt(webhook, 'http://unused.test', { ...account, settings: { url } }, { allowPrivate }).opened.check()
    expect(await elsewhere('https://nobody.invalid/x', false)).toMatchObject({ ok: false })
    expect(await elsewhere('https://localhost/x', false)).toMatchObject({
      ok: false,
      problems: [{ code: 'private-address' }],
    })
    expect(await elsewhere('https://localhost/x', true)).toMatchObject({ ok: true })
  })

  it.each(['abc', 'whsec_', 'whsec_aGVsbG8=', `whsec_${'A'.repeat(200)}`, 'whsec_no base64 at all, no base64 at all'])(
    'takes no secret such as %s',
    async (secret) => {
      await expect(open(undefined, { secret })).rejects.toThrow()
    },
  )

  it('makes a new secret each time', () => {
    expect(newSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(newSecret()).not.toBe(newSecret())
  })

  it('is told of people by what names them, normalised; shapes that are wrong are none', () => {
    const device = { IP_ADDRESS: '203.0.113.7', USER_AGENT: 'Mozilla/5.0' }
    const { identifiers: names, events } = eventsOf(webhook, [
      { EMAIL: ' Anna@Example.test ', GA_CLIENT_ID: 'GA1.1.1234567890.1789990000', FBP: 'not one' },
      device,
    ])
    const member = (at: number) =>
      Object.fromEntries(names.flatMap((name, i) => (events[at]?.values[i] ? [[name, events[at]?.values[i]]] : [])))
    expect(member(0)).toEqual({ EMAIL: 'anna@example.test', GA_CLIENT_ID: '1234567890.1789990000' })
    expect(member(1)).toEqual(device)
    expect(() => eventsOf(webhook, [{ IP_ADDRESS: '203.0.113.7' }])).toThrow()
    expect(Object.values(webhook.identifiers).every(({ sealed, code }) => sealed && code < 255)).toBe(true)
  })

  it('has its rule explained', async () => {
    const { opened } = await open()
    const names = { addedEvent: 'joined_{audience}', removedEvent: 'left' }
    const rule = opened.audienceRule({ audience: AUDIENCE, names, settings: {}, marker: 'm' })
    expect(rule.steps.join()).toContain('joined_vip_90_days')
    expect(rule.steps.join()).toContain(AUDIENCE.id)
    expect(opened.createAudience).toBeUndefined()
  })
})
