import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startTemporal } from '../../scripts/stack/temporal.ts'
import { findTemporalCli } from '../../scripts/stack/temporal-cli.ts'
import { bundleWorkflows } from '../../scripts/stack/workflow-bundle.ts'
import { seekTruth } from './run.ts'

// `npm run truth -- --seed S --histories N`: random histories, faults and kills, and what the lists hold in the end.
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now()) },
    histories: { type: 'string', default: '20' },
    /** Only these histories of the seed, such as 3,7. */
    only: { type: 'string' },
    aim: { type: 'string' },
    together: { type: 'string', default: '10' },
    first: { type: 'boolean', default: false },
  },
})
const log = (line: string) => console.log(line)
const began = performance.now()
const folder = mkdtempSync(join(tmpdir(), 'audience-sync-truth-'))
log(`seed ${values.seed}`)
const cli = await findTemporalCli({ env: process.env, log })
const temporal = await startTemporal({
  cli: cli.path,
  dataDir: join(folder, 'temporal'),
  inMemory: true,
  namespace: 'default',
  log: () => {},
})
try {
  const { divergences, tally } = await seekTruth({
    seed: values.seed,
    histories: Number(values.histories),
    ...(values.only && { only: values.only.split(',').map(Number) }),
    ...(values.aim && { aim: values.aim }),
    together: Number(values.together),
    first: values.first,
    temporalAddress: temporal.address,
    workflowBundle: await bundleWorkflows(join(folder, 'bundles')),
    log,
  })
  log(`\nWhat happened, by the sandbox's log and by what stood still or was killed:\n${tally.table()}`)
  for (const { history } of divergences) log(`diverged: npm run truth -- --seed ${values.seed} --only ${history}`)
  log(`\nseed ${values.seed}: ${divergences.length} divergences, ${Math.round((performance.now() - began) / 1000)} s`)
  process.exitCode = divergences.length > 0 ? 1 : 0
} finally {
  await temporal.stop()
  rmSync(folder, { recursive: true, force: true })
}
