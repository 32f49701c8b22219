import { expect, it } from 'vitest'
import { createClient } from '../../api/client.ts'
import { useApi } from './support/api.ts'

const api = useApi()

it('gives TypeScript applications the routes with their types', async () => {
  const fetch = (url: string | URL | Request, init?: RequestInit) => api.request(String(url), init)
  const client = createClient('http://localhost', api.keys.operator, { fetch })
  const made = await client.v1.audiences.$post({ json: { kind: 'static', name: 'Typed' } })
  expect(made.status).toBe(201)
  const { id } = await made.json()
  const paused = await client.v1.audiences[':id'].pause.$post({ param: { id } })
  expect(paused.status).toBe(409)
  const page = await (await client.v1.audiences.$get({ query: {} })).json()
  const [first] = page.items
  expect(first?.name.toUpperCase()).toBe('TYPED')
  // @ts-expect-error an audience has no colour
  expect(first?.colour).toBeUndefined()
})
