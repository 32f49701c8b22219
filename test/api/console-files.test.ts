import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OpenAPIHono } from '@hono/zod-openapi'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { consoleFiles } from '../../api/console-files.ts'

let folder = ''
let ask: (path: string, headers?: Record<string, string>) => Promise<Response>
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'console-files-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<meta nonce="%NONCE%"><script src="/assets/a.js"></script>')
  for (const ending of ['', '.br', '.gz']) writeFileSync(join(folder, `assets/a.js${ending}`), `a${ending}`)
  writeFileSync(join(folder, 'secret.js'), 'not served')
  const app = new OpenAPIHono().route('/', consoleFiles({ consoleFolder: folder }))
  ask = async (path, headers = {}) => app.request(path, { headers })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it.each(['/', '/audiences/1/logs', '/person'])(
  'answers %s with the page, under a policy that lets in nobody else',
  async (path) => {
    const [one, other] = [await ask(path), await ask(path)]
    const policy = one.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /)
    expect(policy).not.toMatch(/unsafe|http/)
    expect(policy).toContain("frame-ancestors 'none'")
    const [, nonce] = /nonce-([^']+)'/.exec(policy) ?? []
    expect(await one.text()).toContain(`nonce="${nonce}"`)
    expect(other.headers.get('content-security-policy')).not.toBe(policy)
    expect(one.headers.get('cache-control')).toBe('no-store')
  },
)

it.each([
  ['br, gzip', 'br', 'a.br'],
  ['gzip, deflate', 'gzip', 'a.gz'],
  ['', null, 'a'],
])('packs a file as the browser takes it: %s', async (accepted, encoding, body) => {
  const answer = await ask('/assets/a.js', { 'accept-encoding': accepted })
  expect(answer.headers.get('content-encoding')).toBe(encoding)
  expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(answer.headers.get('cache-control')).toContain('immutable')
  expect(await answer.text()).toBe(body)
})

it.each([
  '/v1/nothing',
  '/docs/nothing',
  '/openapi.json',
  '/metrics',
  '/assets/b.js',
  '/assets/..%2fsecret.js',
  '/assets/a.js.br',
])('leaves %s to others', async (path) => {
  expect((await ask(path)).status).toBe(404)
})
