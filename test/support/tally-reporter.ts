import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/**
 * Writes `{passed, failed, skipped}` into the file that TALLY_FILE names, for `scripts/test.mjs`. What fails outside a
 * test (a file that does not load, a hook, an unhandled error) counts as one failure each.
 */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]) {
    const file = process.env.TALLY_FILE
    if (!file) return
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state))
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()])
    const outside = suites.filter((suite) => suite.errors().length > 0).length + unhandledErrors.length
    const count = (state: string) => tests.filter((each) => each === state).length
    const tally = {
      passed: count('passed'),
      failed: count('failed') + outside,
      skipped: count('skipped') + count('pending'),
    }
    writeFileSync(file, JSON.stringify(tally))
  }
}
