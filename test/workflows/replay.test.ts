import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { expect, inject, it } from 'vitest'
import { historiesFolder, recordedHistories } from '../support/recorded-history.ts'

// A workflow that runs for years meets code that was written after it began. Each recorded history must lead today's
// code along the same way; where that is not meant to be so any more, `patched` keeps the old way, or they are recorded
// anew (CONTRIBUTING).

const recorded = recordedHistories()

it('there is a recorded history of everything that workflows go through', () => {
  expect(recorded.map(({ name }) => name)).toEqual([
    'audience-continued',
    'audience-hold',
    'audience-ordinary',
    'audience-pause',
    'audience-retry',
    'housekeeping-ordinary',
    'housekeeping-retry',
    'settle-continued',
    'settle-ordinary',
    'settle-retry',
    'sync-cancel',
    'sync-cancelled-in-upload',
    'sync-hold',
    'sync-ordinary',
    'sync-retry',
    'sync-superseded',
  ])
  const sizes = recorded.map(({ name }) => statSync(join(historiesFolder, `${name}.json`)).size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(500_000)
})

it('today’s workflows go the way of every recorded history', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => {}) })
  const options = {
    workflowBundle: { code: readFileSync(inject('workflowBundle'), 'utf8') },
    replayName: 'recorded',
  }
  const failures: string[] = []
  let replayed = 0
  for await (const { workflowId, error } of Worker.runReplayHistories(options, recorded)) {
    replayed++
    if (error) failures.push(`${workflowId}: ${error.message}`)
  }
  expect(failures).toEqual([])
  expect(replayed).toBe(recorded.length)
}, 60_000)
