import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig, loadServiceConfig, settings } from '../../config.ts'

const project = join(import.meta.dirname, '../..')
let dataDir: string

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'config-'))
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

const load = (env: Record<string, string>) => loadConfig({ DATA_DIR: dataDir, ...env })

describe('settings', () => {
  it('have defaults that need nothing', () => {
    expect(load({})).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      sandboxPort: 4600,
      sandboxUrl: 'http://127.0.0.1:4600',
      temporalUiPort: 8233,
      demo: true,
      databaseUrl: undefined,
      temporalAddress: undefined,
    })
  })

  it('count an empty value as none, as an env file writes it', () => {
    expect(load({ PORT: '', ENCRYPTION_KEY: ' ' }).port).toBe(3000)
  })

  it('reach the sandbox where its port is', () => {
    expect(load({ SANDBOX_PORT: '4700' }).sandboxUrl).toBe('http://127.0.0.1:4700')
    expect(load({ SANDBOX_URL: 'http://sandbox:4600/' }).sandboxUrl).toBe('http://sandbox:4600')
  })

  it.each([
    ['PORT', 'abc'],
    ['PORT', '70000'],
    ['DEMO', 'maybe'],
    ['LOG_LEVEL', 'loud'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['TEMPORAL_ADDRESS', 'localhost'],
    ['SANDBOX_TIME_SCALE', '0'],
    ['ENCRYPTION_KEY', 'short'],
    ['ADMIN_API_KEY', 'short'],
  ] as const)('%s=%s is refused in one sentence that says what is allowed', (name, value) => {
    const refused = () => load({ [name]: value })
    expect(refused).toThrow(new RegExp(`^${name} [^\n]*must be [^\n]*\\.$`))
    expect(refused).toThrow(settings[name].allowed)
  })

  it('never repeat a secret in the sentence', () => {
    expect(() => load({ DATABASE_URL: 'pg://app:hunter2@host/x' })).not.toThrow('hunter2')
    expect(() => load({ DATABASE_URL: 'pg://app:hunter2@host/x' })).toThrow('DATABASE_URL')
  })

  it('of a single process must name the database and Temporal', () => {
    expect(() => loadServiceConfig({ DATA_DIR: dataDir })).toThrow(/^DATABASE_URL is not set/)
    const env = { DATA_DIR: dataDir, DATABASE_URL: 'postgres://u:p@127.0.0.1/x', TEMPORAL_ADDRESS: '127.0.0.1:7233' }
    expect(loadServiceConfig(env).temporalAddress).toBe('127.0.0.1:7233')
  })

  it('stand in the table of the README as they are', () => {
    const lines = readFileSync(join(project, 'README.md'), 'utf8').split('\n')
    const table = lines.slice(lines.indexOf('## Settings')).filter((line) => line.startsWith('| `'))
    const wanted = Object.entries(settings).map(
      ([name, { is, allowed, fallback }]) => `| \`${name}\` | ${is} | ${allowed} | ${fallback} |`,
    )
    expect(table).toEqual(wanted)
  })

  it('are all in .env.example, and nothing else is', () => {
    const text = readFileSync(join(project, '.env.example'), 'utf8')
    const named = [...text.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name)
    expect(named.filter((name) => name !== 'POSTGRES_PASSWORD').sort()).toEqual(Object.keys(settings).sort())
  })
})

describe('the encryption key', () => {
  const bytes = Buffer.alloc(32, 7)

  it('is taken as base64 or as hexadecimal digits', () => {
    expect(load({ ENCRYPTION_KEY: bytes.toString('base64') }).encryptionKey).toEqual(bytes)
    expect(load({ ENCRYPTION_KEY: bytes.toString('hex') }).encryptionKey).toEqual(bytes)
    expect(existsSync(join(dataDir, 'encryption.key'))).toBe(false)
  })

  it('is made once, for this user alone', () => {
    const first = load({}).encryptionKey
    expect(first).toHaveLength(32)
    expect(load({}).encryptionKey).toEqual(first)
    expect(statSync(join(dataDir, 'encryption.key')).mode & 0o777).toBe(0o600)
  })

  it('is not replaced when its file is broken', () => {
    writeFileSync(join(dataDir, 'encryption.key'), 'half a k')
    expect(() => load({})).toThrow(/put the right key back/)
    expect(readFileSync(join(dataDir, 'encryption.key'), 'utf8')).toBe('half a k')
  })
})
