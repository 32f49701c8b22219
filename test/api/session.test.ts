import { expect, it } from 'vitest'
import { useApi } from './support/api.ts'

const api = useApi()

const signIn = async (key: string) => {
  const response = await api.request('/v1/session', { method: 'POST', headers: { authorization: `Bearer ${key}` } })
  return { response, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' }
}
const write = (cookie: string, headers: Record<string, string>) =>
  api.request('/v1/audiences', {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json', host: 'here.test', ...headers },
    body: JSON.stringify({ name: 'A', kind: 'static' }),
  })

it('gives a browser a cookie that no script can read and no other site can use', async () => {
  const { response, cookie } = await signIn(api.keys.viewer)
  expect(response.status).toBe(201)
  expect(response.headers.get('set-cookie')).toMatch(/; Max-Age=28800; Path=\/; HttpOnly; SameSite=Strict$/)
  expect(cookie).not.toContain(api.keys.viewer)
  const read = await api.request('/v1/session', { headers: { cookie } })
  expect(await read.json()).toMatchObject({ key: { name: 'viewer', role: 'viewer' }, until: expect.any(String) })
  expect((await api.request('/v1/audiences', { headers: { cookie } })).status).toBe(200)
})

it('says over a safe connection that the cookie goes over safe ones only', async () => {
  const headers = { authorization: `Bearer ${api.keys.viewer}`, 'x-forwarded-proto': 'https' }
  const response = await api.request('/v1/session', { method: 'POST', headers })
  expect(response.headers.get('set-cookie')).toContain('; Secure')
})

it.each([
  [201, 'the console', { 'sec-fetch-site': 'same-origin' }],
  [201, 'a browser that tells only the origin', { origin: 'http://here.test' }],
  [403, 'another site', { 'sec-fetch-site': 'cross-site', origin: 'http://here.test' }],
  [403, 'a site beside it', { 'sec-fetch-site': 'same-site' }],
  [403, 'another origin', { origin: 'http://there.test' }],
  [403, 'nowhere', {}],
] as const)('answers %i to a write that a session sends from %s', async (status, _, headers) => {
  const { cookie } = await signIn(api.keys.operator)
  expect((await write(cookie, headers)).status).toBe(status)
})

it('does for its key what the key may do, and no more', async () => {
  const { cookie } = await signIn(api.keys.viewer)
  expect((await write(cookie, { 'sec-fetch-site': 'same-origin' })).status).toBe(403)
})

it('is nothing when it is made up, too old, or its key was revoked, and does not renew itself', async () => {
  const { cookie } = await signIn(api.keys.viewer)
  const status = async (value: string, method = 'GET') =>
    (await api.request('/v1/session', { method, headers: { cookie: value, 'sec-fetch-site': 'same-origin' } })).status
  expect(await status(cookie)).toBe(200)
  expect(await status(cookie, 'POST')).toBe(401)
  expect(await status(`${cookie.slice(0, -4)}AAAA`)).toBe(401)
  expect(await status('audience_sync_session=')).toBe(401)

  const { id, key } = await api.must('POST', '/v1/api-keys', { name: 'soon gone', role: 'viewer' })
  const old = api.seal.seal(JSON.stringify({ keyId: id, until: Date.now() - 1 })).toString('base64url')
  expect(await status(`audience_sync_session=${old}`)).toBe(401)
  const short = await signIn(key)
  expect(await status(short.cookie)).toBe(200)
  await api.must('DELETE', `/v1/api-keys/${id}`)
  expect(await status(short.cookie)).toBe(401)
})

it('is taken back by the browser when one signs out', async () => {
  const { cookie } = await signIn(api.keys.viewer)
  const response = await api.request('/v1/session', {
    method: 'DELETE',
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
  })
  expect(response.status).toBe(204)
  expect(response.headers.get('set-cookie')).toMatch(/^audience_sync_session=; Max-Age=0/)
})
