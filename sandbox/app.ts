import type { IncomingMessage, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { startClock } from './clock.ts'
import type { House } from './control/routes.ts'
import { controlRoutes } from './control/routes.ts'
import { startFaults } from './faults.ts'
import type { StartPlatform } from './platform.ts'
import { startRequestLog } from './request-log.ts'
import type { Served } from './serve-platform.ts'
import { servePlatform } from './serve-platform.ts'

type NodeBindings = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } }

/** The whole sandbox as one application: each platform at its own path, `/_sandbox` beside them. */
export function createApp(registry: Record<string, StartPlatform>): Hono<NodeBindings> {
  const house = openHouse(registry)
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

function openHouse(registry: Record<string, StartPlatform>): House {
  const log = startRequestLog()
  const faults = startFaults()
  const platforms = new Map<string, Served>()
  const start = (name: string, startPlatform: StartPlatform) => {
    const clock = startClock()
    platforms.set(name, { name, clock, platform: startPlatform(clock) })
  }
  for (const [name, startPlatform] of Object.entries(registry)) start(name, startPlatform)
  return {
    log,
    faults,
    served: (name) => platforms.get(name),
    names: () => [...platforms.keys()],
    restart: (name) => {
      const startPlatform = Object.hasOwn(registry, name) ? registry[name] : undefined
      if (startPlatform === undefined) return
      log.forget(name)
      faults.clear(name)
      start(name, startPlatform)
    },
  }
}
