import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { Hono } from 'hono'
import type { ApiEnv, Deps } from './deps.ts'

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** As the build lays them beside each file. Browsers ask for Brotli only where nobody can listen. */
const encodings = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const

/** Nothing of anybody else, no script in the page, no frame around it; styles that components insert carry the nonce. */
const policy = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')

/** Places of the console are answered with its one page; what belongs to the API is not. */
const ofTheApi = /^\/(v1|docs|openapi\.json|healthz|readyz|metrics)(\/|$)/

/** Serves the built console: files that never change under `/assets`, the page for every other path. */
export const consoleFiles = ({ consoleFolder }: Pick<Deps, 'consoleFolder'>) => {
  const app = new Hono<ApiEnv>()
  if (consoleFolder === undefined) return app
  return app
    .get('/assets/:file{[\\w.-]+}', async (c, next) => {
      const file = c.req.param('file')
      const type = types[extname(file)]
      if (type === undefined) return next()
      const path = join(consoleFolder, 'assets', file)
      const encoding = encodings.find(({ name }) => c.req.header('accept-encoding')?.includes(name))
      const packed = encoding && (await readIfThere(path + encoding.ending))
      const body = packed ?? (await readIfThere(path))
      if (!body) return next()
      return c.body(body, 200, {
        'content-type': type,
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        vary: 'accept-encoding',
        ...(packed && encoding && { 'content-encoding': encoding.name }),
      })
    })
    .get('*', async (c, next) => {
      if (ofTheApi.test(c.req.path) || c.req.path.startsWith('/assets/')) return next()
      const nonce = randomBytes(16).toString('base64')
      const page = await readFile(join(consoleFolder, 'index.html'), 'utf8')
      return c.html(page.replaceAll('%NONCE%', nonce), 200, {
        'content-security-policy': policy(nonce),
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
      })
    })
}

const readIfThere = (path: string): Promise<Uint8Array<ArrayBuffer> | undefined> =>
  readFile(path).then(
    (file) => new Uint8Array(file),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    },
  )
