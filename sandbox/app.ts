import type { IncomingMessage, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { startClock } from './clock.ts'
import type { House } from './control/routes.ts'
import { controlRoutes } from './control/routes.ts'
import { startFaults } from './faults.ts'
import { keptAhead } from './keep/clock.ts'
import type { Store } from './keep/store.ts'
import type { StartPlatform } from './platform.ts'
import { startRequestLog } from './request-log.ts'
import type { Served } from './serve-platform.ts'
import { servePlatform } from './serve-platform.ts'

type NodeBindings = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } }

/** The store of a platform, by its name. */
export type OpenStore = (name: string) => Store

/** The whole sandbox as one application: each platform at its own path, `/_sandbox` beside them. */
export function createApp(registry: Record<string, StartPlatform>, stores: OpenStore): Hono<NodeBindings> {
  const house = openHouse(registry, stores)
  const app = new Hono<NodeBindings>()
  app.get('/', (c) => c.redirect('/_sandbox'))
  app.route('/_sandbox', controlRoutes(house))
  for (const name of house.names()) {
    app.all(`/${name}/*`, async (c) => {
      const served = house.served(name)
      if (served === undefined) return c.notFound()
      const { incoming, outgoing } = c.env
      try {
        return (await servePlatform(served, house, incoming, outgoing)) ?? RESPONSE_ALREADY_SENT
      } catch (error) {
        if (outgoing.destroyed || incoming.errored) return RESPONSE_ALREADY_SENT
        console.error('The sandbox failed on', incoming.method, c.req.path, error)
        const { status, body } = served.platform.broken()
        return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
      }
    })
  }
  app.notFound((c) => c.json({ error: `Nothing is served at ${c.req.path}. GET /_sandbox says what there is.` }, 404))
  return app
}

function openHouse(registry: Record<string, StartPlatform>, stores: OpenStore): House {
  const log = startRequestLog()
  const faults = startFaults()
  const platforms = new Map<string, Served>()
  const start = (name: string, startPlatform: StartPlatform, store: Store) => {
    const clock = startClock(keptAhead(store))
    platforms.set(name, { name, clock, store, platform: startPlatform(clock, store) })
  }
  for (const [name, startPlatform] of Object.entries(registry)) start(name, startPlatform, stores(name))
  return {
    log,
    faults,
    served: (name) => platforms.get(name),
    names: () => [...platforms.keys()],
    restart: (name) => {
      const startPlatform = Object.hasOwn(registry, name) ? registry[name] : undefined
      const store = platforms.get(name)?.store
      if (startPlatform === undefined || store === undefined) return
      log.forget(name)
      faults.clear(name)
      store.clear()
      start(name, startPlatform, store)
    },
  }
}
