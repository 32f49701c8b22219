import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import connect from 'postgres'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '../../scripts/stack/postgres.ts'
import { startTemporal } from '../../scripts/stack/temporal.ts'
import { cacheFolder, findTemporalCli } from '../../scripts/stack/temporal-cli.ts'
import { bundleWorkflows } from '../../scripts/stack/workflow-bundle.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the run's PostgreSQL, database `postgres`; take a database of your own by `createDatabase`. */
    postgresUrl: string
    /** host:port of the run's Temporal server; use task queues and workflow ids of your own. */
    temporalAddress: string
    /** Path of the bundled workflows. */
    workflowBundle: string
  }
}

/** The database that `createDatabase` clones: migrated and empty. */
export const templateDatabase = 'template_migrated'

const project = join(import.meta.dirname, '../..')

/** Once per run: one PostgreSQL, one Temporal server, one bundle of the workflows. Ended and removed at its end. */
export default async function shareServers({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'audience-sync-test-'))
  const log = (line: string) => console.log(line)
  const [postgres, temporal, bundle] = await Promise.all([
    startPostgres({ dataDir: join(folder, 'postgres'), log: () => {}, durable: false }),
    findTemporalCli({ env: process.env, log }).then((cli) =>
      startTemporal({ cli: cli.path, dataDir: join(folder, 'temporal'), inMemory: true, namespace: 'default', log }),
    ),
    existsSync(join(project, 'workflows/index.ts')) ? bundleWorkflows(join(cacheFolder(process.env), 'bundles')) : '',
  ])
  await makeTemplate(postgres.url)
  provide('postgresUrl', postgres.url)
  provide('temporalAddress', temporal.address)
  provide('workflowBundle', bundle)

  return async () => {
    await Promise.all([temporal.stop(), postgres.stop()])
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Makes the template of `createDatabase` on a PostgreSQL. */
export async function makeTemplate(url: string): Promise<void> {
  const sql = connect(url, { max: 1, onnotice: () => {} })
  await sql.unsafe(`create database ${templateDatabase}`)
  await sql.end({ timeout: 5 })
  const template = new URL(url)
  template.pathname = `/${templateDatabase}`
  const { migrate } = await import('../../db/migrate.ts')
  await migrate(template.href)
}
