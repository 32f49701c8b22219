import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startTemporal } from '../../scripts/stack/temporal.ts'
import { findTemporalCli } from '../../scripts/stack/temporal-cli.ts'
import { heldMembers, seedAudience, startDeployment, syncNow, until } from '../support/deployment.ts'

it('goes on when the Temporal server was away in the middle of an upload', { timeout: 90_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'audience-sync-temporal-'))
  const cli = (await findTemporalCli({ env: process.env, log: () => {} })).path
  const temporal = await startTemporal({ cli, dataDir, namespace: 'default', log: () => {} })
  const deployment = await startDeployment({ temporalAddress: temporal.address })
  try {
    const { sql, people } = deployment
    await people`create table people (id text primary key, email text, phone text)`
    await people`insert into people select 'p' || n, 'person' || n || '@example.test', null from generate_series(1, 30000) n`
    const at = await seedAudience(deployment)
    const synced = syncNow(deployment, at.audienceId)
    await until(async () => (await sql`select from batch where state <> 'prepared'`).length > 0)
    await temporal.restart()
    await synced
    expect(await heldMembers(deployment, at.listId)).toHaveLength(30_000)
    await people`delete from people where id = 'p1'`
    expect(await syncNow(deployment, at.audienceId)).toMatchObject({ status: 'done' })
    expect(await heldMembers(deployment, at.listId)).toHaveLength(29_999)
  } finally {
    await deployment.stop()
    await temporal.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
