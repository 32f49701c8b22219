import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'

/** A setting that is wrong. Its message is one sentence for the person who starts the product. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

const port = z.coerce.number().int().min(1).max(65535)
const portIs = 'a whole number from 1 to 65535'
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const reachableBy = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol))

const keyBytes = 32
const encryptionKey = z
  .string()
  .transform((text) => Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64'))
  .refine((key) => key.length === keyBytes)

/**
 * Every setting: what it is, what is allowed, and its default as a reader of the table should see it.
 * The table of the README is checked against this one.
 */
export const settings = {
  HOST: {
    is: 'address that the API listens on',
    allowed: 'a host name or an IP address',
    fallback: '127.0.0.1',
    schema: z
      .string()
      .regex(/^[\w.:-]+$/)
      .default('127.0.0.1'),
  },
  PORT: { is: 'port of the console and the API', allowed: portIs, fallback: '3000', schema: port.default(3000) },
  SANDBOX_PORT: { is: 'port of the sandbox', allowed: portIs, fallback: '4600', schema: port.default(4600) },
  TEMPORAL_UI_PORT: {
    is: 'port of the Temporal UI of the embedded Temporal server',
    allowed: portIs,
    fallback: '8233',
    schema: port.default(8233),
  },
  DATA_DIR: {
    is: 'folder of everything that is kept: embedded databases, keys, bundles',
    allowed: 'the path of a folder that can be written',
    fallback: '.data',
    schema: z.string().default('.data'),
  },
  DATABASE_URL: {
    is: 'PostgreSQL of the product (18 is what it is tested with)',
    allowed: 'postgres://user:password@host:port/database',
    fallback: 'an embedded one',
    secret: true,
    schema: reachableBy('postgres:', 'postgresql:').optional(),
  },
  TEMPORAL_ADDRESS: {
    is: 'Temporal server',
    allowed: 'host:port',
    fallback: 'an embedded one',
    schema: z
      .string()
      .regex(/^[\w.[\]:-]+:\d{1,5}$/)
      .optional(),
  },
  TEMPORAL_NAMESPACE: {
    is: 'Temporal namespace',
    allowed: 'letters, digits, dots, dashes and underscores',
    fallback: 'default',
    schema: z
      .string()
      .regex(/^[\w.-]+$/)
      .default('default'),
  },
  TEMPORAL_CLI: {
    is: 'path of the `temporal` binary that the embedded Temporal server is started with',
    allowed: 'the path of an executable file',
    fallback: 'found or fetched',
    schema: z.string().optional(),
  },
  ENCRYPTION_KEY: {
    is: 'key that seals the credentials of sources and destinations',
    allowed: '32 bytes as base64 or as 64 hexadecimal digits',
    fallback: '`DATA_DIR/encryption.key`, made at the first start',
    secret: true,
    schema: encryptionKey.optional(),
  },
  ADMIN_API_KEY: {
    is: 'first API key, of the role admin, taken while there is none',
    allowed: 'at least 20 letters, digits, dots, dashes or underscores',
    fallback: 'one is made, in `DATA_DIR/admin-api-key`',
    secret: true,
    schema: z
      .string()
      .regex(/^[\w.-]{20,}$/)
      .optional(),
  },
  DEMO: {
    is: 'whether the demo is set up',
    allowed: 'on or off',
    fallback: 'on',
    schema: z.enum(['on', 'off']).default('on'),
  },
  SANDBOX_URL: {
    is: 'address under which the product reaches the sandbox',
    allowed: 'http://host:port',
    fallback: 'http://127.0.0.1:SANDBOX_PORT',
    schema: reachableBy('http:', 'https:').optional(),
  },
  SANDBOX_TIME_SCALE: {
    is: 'what the waits of sandbox destinations are divided by',
    allowed: 'a number from 1 to 100000',
    fallback: '60',
    schema: z.coerce.number().min(1).max(100_000).default(60),
  },
  UPLOAD_LEASE: {
    is: 'how long, in milliseconds, an upload may go without a sign of life before another worker takes over; a request gets three quarters of it, so less than 30000 is for sandboxes',
    allowed: 'a whole number from 1000 to 600000',
    fallback: '60000',
    schema: z.coerce.number().int().min(1_000).max(600_000).default(60_000),
  },
  SOURCE_TIMEOUT: {
    is: 'longest time, in milliseconds, that the query of a source may take in a run',
    allowed: 'a whole number from 1000 to 86400000',
    fallback: '3600000',
    schema: z.coerce.number().int().min(1_000).max(86_400_000).default(3_600_000),
  },
  SOURCE_PATIENCE: {
    is: 'how long, in milliseconds, a run waits for a source that is away before it fails and a retry run is planned',
    allowed: 'a whole number from 0 to 3600000',
    fallback: '600000',
    schema: z.coerce.number().int().min(0).max(3_600_000).default(600_000),
  },
  MIN_REFRESH: {
    is: 'shortest refresh interval, in milliseconds, that an audience may have',
    allowed: 'a whole number from 1000 to 86400000',
    fallback: '1000',
    schema: z.coerce.number().int().min(1_000).max(86_400_000).default(1_000),
  },
  MAX_UPLOAD: {
    is: 'largest upload of members of a static audience, in bytes',
    allowed: 'a whole number from 1024 to 1099511627776',
    fallback: '4294967296',
    schema: z.coerce.number().int().min(1_024).max(1_099_511_627_776).default(4_294_967_296),
  },
  ALLOW_PRIVATE_WEBHOOKS: {
    is: 'whether webhooks and other addresses that users give may lead into private networks and use plain http',
    allowed: 'on or off',
    fallback: 'off',
    schema: z.enum(['on', 'off']).default('off'),
  },
  LOG_LEVEL: {
    is: 'least severity that is logged',
    allowed: logLevels.join(', '),
    fallback: 'info',
    schema: z.enum(logLevels).default('info'),
  },
  WORKFLOW_BUNDLE: {
    is: 'path of a bundle of the workflows that another process has made',
    allowed: 'the path of a file',
    fallback: 'the worker bundles them itself',
    schema: z.string().optional(),
  },
  CONSOLE_BUNDLE: {
    is: 'path of the built console, which the server serves beside the API',
    allowed: 'the path of a folder',
    fallback: '`npm start` builds it',
    schema: z.string().optional(),
  },
  TEMPORAL_UI_URL: {
    is: 'address of the Temporal UI that the console links to',
    allowed: 'http://host:port',
    fallback: 'that of the embedded Temporal server',
    schema: reachableBy('http:', 'https:').optional(),
  },
} as const satisfies Record<string, Setting>

type Setting = { is: string; allowed: string; fallback: string; secret?: boolean; schema: z.ZodType }
type Name = keyof typeof settings
type Env = Record<string, string | undefined>

/**
 * Reads every setting from `env`. An empty value counts as none. `dataDir` is absolute; `encryptionKey` has 32 bytes
 * and is read from the key file, which is made when it is not there, unless the environment gives it.
 * @throws ConfigError
 */
export function loadConfig(env: Env) {
  const dataDir = resolve(read(env, 'DATA_DIR'))
  const sandboxPort = read(env, 'SANDBOX_PORT')
  return {
    host: read(env, 'HOST'),
    port: read(env, 'PORT'),
    sandboxPort,
    sandboxUrl: (read(env, 'SANDBOX_URL') ?? `http://127.0.0.1:${sandboxPort}`).replace(/\/+$/, ''),
    sandboxTimeScale: read(env, 'SANDBOX_TIME_SCALE'),
    leaseMs: read(env, 'UPLOAD_LEASE'),
    sourceTimeoutMs: read(env, 'SOURCE_TIMEOUT'),
    sourcePatienceMs: read(env, 'SOURCE_PATIENCE'),
    minRefreshMs: read(env, 'MIN_REFRESH'),
    maxUploadBytes: read(env, 'MAX_UPLOAD'),
    allowPrivate: read(env, 'ALLOW_PRIVATE_WEBHOOKS') === 'on',
    temporalUiPort: read(env, 'TEMPORAL_UI_PORT'),
    temporalAddress: read(env, 'TEMPORAL_ADDRESS'),
    temporalNamespace: read(env, 'TEMPORAL_NAMESPACE'),
    temporalCli: read(env, 'TEMPORAL_CLI'),
    dataDir,
    databaseUrl: read(env, 'DATABASE_URL'),
    adminApiKey: read(env, 'ADMIN_API_KEY'),
    adminApiKeyFile: join(dataDir, 'admin-api-key'),
    demo: read(env, 'DEMO') === 'on',
    logLevel: read(env, 'LOG_LEVEL'),
    workflowBundle: read(env, 'WORKFLOW_BUNDLE'),
    consoleBundle: read(env, 'CONSOLE_BUNDLE'),
    temporalUiUrl: read(env, 'TEMPORAL_UI_URL')?.replace(/\/+$/, ''),
    encryptionKey: read(env, 'ENCRYPTION_KEY') ?? keyFromFile(dataDir),
  }
}

export type Config = ReturnType<typeof loadConfig>

/** What `server.ts` and `worker.ts` need: nothing is embedded any more, both addresses are known. */
export type ServiceConfig = Config & { databaseUrl: string; temporalAddress: string }

/** The settings of a single process. @throws ConfigError also when there is no DATABASE_URL or TEMPORAL_ADDRESS. */
export function loadServiceConfig(env: Env): ServiceConfig {
  const config = loadConfig(env)
  return {
    ...config,
    databaseUrl: needed('DATABASE_URL', config.databaseUrl),
    temporalAddress: needed('TEMPORAL_ADDRESS', config.temporalAddress),
  }
}

/** Loads settings from the environment of this process, or says what is wrong in one sentence and exits with 1. */
export function configOrExit<T>(load: (env: Env) => T): T {
  try {
    return load(process.env)
  } catch (error) {
    return exit(error)
  }
}

/** Errors whose message is one sentence for the person who starts the product. */
const sentences = new Set(['ConfigError', 'StartError', 'DatabaseUnreachable', 'TemporalUnreachable', 'KeyMissing'])

/** What a person is told of an error that ends a start: its sentence, or all of it when it has none. */
export const toldOf = (error: unknown) => (error instanceof Error && sentences.has(error.name) ? error.message : error)

/** Says why this process cannot start, and exits with 1. */
export function exit(error: unknown): never {
  console.error(toldOf(error))
  process.exit(1)
}

function read<N extends Name>(env: Env, name: N): z.output<(typeof settings)[N]['schema']> {
  const setting: Setting = settings[name]
  const text = env[name]?.trim() || undefined
  const parsed = setting.schema.safeParse(text)
  if (!parsed.success) {
    const given = setting.secret ? 'has a value that cannot be used' : `is ${JSON.stringify(text)}`
    throw new ConfigError(`${name} ${given} but must be ${setting.allowed} (${setting.is}).`)
  }
  return typed(parsed.data)
}

// zod loses which schema belongs to `name` once the table is indexed by a type parameter; the row's own schema has
// just produced the value.
const typed = <T>(value: unknown) => value as T

function needed(name: Name, value: string | undefined): string {
  if (value !== undefined) return value
  throw new ConfigError(
    `${name} is not set: a single process needs it (${settings[name].allowed}); \`npm start\` sets it by itself.`,
  )
}

// Server and worker may start at the same moment: the file appears whole, by a link that only one of them can make.
function keyFromFile(dataDir: string): Buffer {
  makeFolder(dataDir)
  const file = join(dataDir, 'encryption.key')
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    const key = readIfThere(file)
    if (key !== undefined) return parseKey(file, key)
    writeFileSync(draft, `${randomBytes(keyBytes).toString('base64')}\n`, { mode: 0o600 })
    chmodSync(draft, 0o600)
    try {
      linkSync(draft, file)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    } finally {
      rmSync(draft, { force: true })
    }
    return parseKey(file, readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(
      `The encryption key ${file} cannot be read or made (${codeOf(error)}): free some space, make DATA_DIR writable, choose another DATA_DIR, or set ENCRYPTION_KEY.`,
    )
  }
}

function makeFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true })
  } catch (error) {
    throw new ConfigError(
      `The data folder ${dataDir} cannot be made (${codeOf(error)}): give this user the right to write there, or choose another DATA_DIR.`,
    )
  }
}

function parseKey(file: string, text: string): Buffer {
  const parsed = encryptionKey.safeParse(text.trim())
  if (parsed.success) return parsed.data
  throw new ConfigError(
    `The key file ${file} does not hold ${settings.ENCRYPTION_KEY.allowed}: put the right key back, without it stored credentials cannot be opened.`,
  )
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error')
