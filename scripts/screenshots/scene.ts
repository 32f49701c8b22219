import { z } from 'zod'
import { type Api, call } from '../demo/api.ts'

type Demo = { sourceId: string; destinationId: string }

const idOnly = z.object({ id: z.string() })
const anything = z.unknown()
const runs = z.object({
  items: z.array(z.object({ id: z.string(), deliveries: z.array(z.object({ status: z.string() })) })),
})

/**
 * An audience from which half of the people have just left: its leaves are held. It has an event sync too, switched off.
 * @returns the run that holds the leaves, and the place of the event sync in the console
 */
export async function setUpScene(api: Api, { sourceId, destinationId }: Demo) {
  const query = "select * from people where subscribed and city = 'London'"
  const source = { id: sourceId, query, memberId: 'person_id' }
  const body = { name: 'Readers in London', kind: 'dynamic', source, refreshInterval: '6h', defaultCountry: 'GB' }
  const { id } = await call(api, { method: 'POST', path: '/v1/audiences', body }, idOnly)
  const at = `/v1/audiences/${id}`
  await call(api, { method: 'PUT', path: `${at}/schema`, body: { fields: ['email', 'phone', 'city'] } }, anything)
  const sync = { destinationId, mode: 'list', list: { create: { name: 'Readers in London' } }, enabled: true }
  await call(api, { method: 'POST', path: `${at}/syncs`, body: sync }, anything)
  await call(api, { method: 'POST', path: `${at}/activate` }, anything)
  await runThat(api, at, ['settled'])
  const half = { source: { query: `${query} and person_id < 'P005000'` } }
  await call(api, { method: 'PATCH', path: at, body: half }, anything)
  const heldRun = await runThat(api, at, ['held'])
  const events = { destinationId, mode: 'event', announceExisting: true, properties: { home_town: 'city' } }
  const { id: syncId } = await call(api, { method: 'POST', path: `${at}/syncs`, body: events }, idOnly)
  return { heldRun, eventSync: `/audiences/${id}/events/${syncId}` }
}

/** The run of an audience that has a delivery in one of these states. */
async function runThat(api: Api, at: string, states: readonly string[]): Promise<string> {
  for (;;) {
    const { items } = await call(api, { method: 'GET', path: `${at}/runs` }, runs)
    const found = items.find(({ deliveries }) => deliveries.some(({ status }) => states.includes(status)))
    if (found) return found.id
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
