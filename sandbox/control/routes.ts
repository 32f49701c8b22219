import { Hono } from 'hono'
import { z } from 'zod'
import { parseDuration } from '../clock.ts'
import { faultNames, faultOrder } from '../faults.ts'
import { keepClock } from '../keep/clock.ts'
import type { ListInfo, PlatformEvents } from '../platform.ts'
import type { Desk, Served } from '../serve-platform.ts'
import { ControlFault } from './control-fault.ts'
import { check, jsonBody, wholeNumber } from './read-input.ts'

/** The platforms in service; `restart` puts a fresh one in the place of a name. */
export interface House extends Desk {
  served(name: string): Served | undefined
  names(): string[]
  restart(name: string): void
}

const newAccount = z.strictObject({
  platform: z.string(),
  settings: z.unknown().optional(),
  credentials: z.unknown().optional(),
})
const accountChanges = z.looseObject({ platform: z.string().optional() })
const clockTurn = z.strictObject({ platform: z.string(), advance: z.string() })

/** Everything under `/_sandbox`: the same for every platform. */
export function controlRoutes(house: House): Hono {
  const app = new Hono()

  // What was done is kept before anybody hears of it.
  app.use(async (c, next) => {
    await next()
    if (c.req.method !== 'GET') for (const name of house.names()) find(house, name).store.commit()
  })

  app.get('/', (c) => c.json(index(house)))

  app.get('/requests', (c) => {
    const platform = c.req.query('platform')
    if (platform !== undefined) find(house, platform)
    const after = wholeNumber(c.req.query('after'), { name: 'after', fallback: 0, max: Number.MAX_SAFE_INTEGER })
    const limit = wholeNumber(c.req.query('limit'), { name: 'limit', fallback: 1_000, max: 10_000 })
    const requests = house.log.after(after, platform, limit)
    return c.json({ requests, next: requests.length === limit ? (requests.at(-1)?.seq ?? null) : null })
  })

  app.get('/accounts', (c) => {
    const wanted = c.req.query('platform')
    const names = wanted === undefined ? house.names() : [find(house, wanted).name]
    const accounts = names.flatMap((name) =>
      find(house, name)
        .platform.accounts()
        .map((account) => ({ platform: name, ...account })),
    )
    return c.json({ accounts })
  })
  app.post('/accounts', async (c) => {
    const { platform, ...known } = check(newAccount, jsonBody(await c.req.text()), 'An account')
    const origin = `${new URL(c.req.url).origin}/${platform}`
    return c.json({ platform, ...find(house, platform).platform.makeAccount(known, origin) }, 201)
  })
  app.patch('/accounts/:id', async (c) => {
    const { platform, ...changes } = check(accountChanges, jsonBody(await c.req.text()), 'Changes to an account')
    const id = c.req.param('id')
    for (const name of platform === undefined ? house.names() : [platform]) {
      const state = find(house, name).platform.changeAccount(id, changes)
      if (state !== undefined) return c.json({ platform: name, ...state })
    }
    throw new ControlFault(404, `There is no account "${id}". GET /_sandbox/accounts lists them.`)
  })

  app.get('/faults', (c) => {
    const platform = c.req.query('platform')
    return c.json({
      faults: house.faults.all().filter((fault) => platform === undefined || fault.platform === platform),
    })
  })
  app.post('/faults', async (c) => {
    const order = check(faultOrder, jsonBody(await c.req.text()), 'A fault')
    find(house, order.platform)
    return c.json(house.faults.add(order), 201)
  })
  app.delete('/faults', (c) => {
    house.faults.clear(c.req.query('platform'))
    return c.json({ ok: true })
  })
  app.delete('/faults/:id', (c) => {
    if (!house.faults.remove(c.req.param('id')))
      throw new ControlFault(404, `There is no fault "${c.req.param('id')}". GET /_sandbox/faults lists them.`)
    return c.json({ ok: true })
  })

  app.get('/clock', (c) => c.json({ clocks: house.names().map((name) => time(find(house, name))) }))
  app.post('/clock', async (c) => {
    const { platform, advance } = check(clockTurn, jsonBody(await c.req.text()), 'A turn of the clock')
    const ms = parseDuration(advance)
    if (ms === undefined)
      throw new ControlFault(400, '`advance` must be a duration such as "30m", "90s", "1h30m" or "2d".')
    const served = find(house, platform)
    served.clock.advance(ms)
    keepClock(served.store, served.clock)
    return c.json(time(served))
  })

  app.delete('/:platform', (c) => {
    house.restart(find(house, c.req.param('platform')).name)
    return c.json({ ok: true })
  })
  app.get('/:platform/lists', (c) => {
    const lists = find(house, c.req.param('platform')).platform.lists()
    return c.json({ lists: lists.map(({ id, name, rows }) => ({ id, name, count: rows.size })), next: null })
  })
  app.get('/:platform/lists/:id', (c) => {
    const { id, name, rows } = findList(house, c.req.param('platform'), c.req.param('id'))
    const after = wholeNumber(c.req.query('after'), { name: 'after', fallback: 0, max: Number.MAX_SAFE_INTEGER })
    const limit = wholeNumber(c.req.query('limit'), { name: 'limit', fallback: 1_000, max: 10_000 })
    return c.json({ id, name, count: rows.size, ...rows.page(after, Math.max(limit, 1)) })
  })
  app.post('/:platform/lists/:id/:action', (c) => {
    const { platform } = find(house, c.req.param('platform'))
    const { id } = findList(house, c.req.param('platform'), c.req.param('id'))
    const action = c.req.param('action')
    const act = Object.hasOwn(platform.listActions, action) ? platform.listActions[action] : undefined
    if (act === undefined)
      throw new ControlFault(404, `A list has the actions ${Object.keys(platform.listActions).join(', ')}.`)
    act(id)
    return c.json({ ok: true })
  })

  app.get('/:platform/events', (c) => {
    const events = eventsOf(house, c.req.param('platform'))
    const after = wholeNumber(c.req.query('after'), { name: 'after', fallback: 0, max: Number.MAX_SAFE_INTEGER })
    const limit = wholeNumber(c.req.query('limit'), { name: 'limit', fallback: 1_000, max: 10_000 })
    return c.json(events.page({ after, limit: Math.max(limit, 1), stream: c.req.query('stream') }))
  })
  app.get('/:platform/state', (c) => {
    const events = eventsOf(house, c.req.param('platform'))
    const audience = c.req.query('audience') ?? ''
    if (audience === '') throw new ControlFault(400, '`audience` must be the id of an audience, as events tell it.')
    return c.json(events.state({ audience, stream: c.req.query('stream') }))
  })

  app.notFound((c) =>
    c.json({ error: `There is no ${c.req.method} ${c.req.path}. GET /_sandbox says what there is.` }, 404),
  )
  app.onError((error, c) => {
    if (error instanceof ControlFault) return c.json({ error: error.message }, error.status)
    console.error('The sandbox failed on', c.req.method, c.req.path, error)
    return c.json({ error: 'The sandbox itself failed; its own output says where.' }, 500)
  })
  return app
}

function find(house: House, name: string): Served {
  const served = house.served(name)
  if (served) return served
  throw new ControlFault(404, `There is no platform "${name}". There is: ${house.names().join(', ')}.`)
}

function findList(house: House, platform: string, id: string): ListInfo {
  const list = find(house, platform).platform.list(id)
  if (list) return list
  throw new ControlFault(404, `${platform} holds no list "${id}". GET /_sandbox/${platform}/lists shows them.`)
}

function eventsOf(house: House, platform: string): PlatformEvents {
  const { events } = find(house, platform).platform
  if (events) return events
  const those = house.names().filter((name) => find(house, name).platform.events)
  throw new ControlFault(404, `${platform} takes no events here. Events are taken by: ${those.join(', ') || 'none'}.`)
}

function time({ name, clock }: Served) {
  return { platform: name, now: new Date(clock.now()).toISOString(), ahead_seconds: clock.ahead() / 1_000 }
}

function index(house: House) {
  return {
    platforms: house.names().map((name) => ({ name, api: `/${name}`, lists: `/_sandbox/${name}/lists` })),
    endpoints: [
      'GET /_sandbox/{platform}/lists',
      'GET /_sandbox/{platform}/lists/{id}?after=&limit=',
      `POST /_sandbox/{platform}/lists/{id}/{action}`,
      'GET /_sandbox/{platform}/events?stream=&after=&limit=',
      'GET /_sandbox/{platform}/state?audience=&stream=',
      'DELETE /_sandbox/{platform}',
      'GET /_sandbox/requests?platform=&after=&limit=',
      'GET, POST /_sandbox/accounts',
      'PATCH /_sandbox/accounts/{id}',
      'GET, POST, DELETE /_sandbox/faults',
      'DELETE /_sandbox/faults/{id}',
      'GET, POST /_sandbox/clock',
    ],
    faults: faultNames,
    list_actions: Object.fromEntries(
      house.names().map((name) => [name, Object.keys(find(house, name).platform.listActions)]),
    ),
  }
}
