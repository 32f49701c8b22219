import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // `npm run histories` records what the tests replay.
    include: process.env.RECORD_HISTORIES ? ['test/**/*.record.ts'] : ['test/**/*.test.ts'],
    globalSetup: ['test/support/shared-servers.ts'],
    // Two cores are what a small CI machine has, and each file may start servers and workers of its own.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/tally-reporter.ts'],
  },
})
