type Env = Record<string, string | undefined>

/**
 * The environment of a worker process. It holds little for long and passes much through: a small nursery keeps the
 * buffers of rows from waiting for a collection that is far off, and few malloc arenas keep its dozen threads from each
 * holding on to memory of its own. Together they are a quarter of an idle worker. What the environment says already wins.
 */
export const workerEnvironment = (env: Env): Env => ({
  ...env,
  MALLOC_ARENA_MAX: env.MALLOC_ARENA_MAX ?? '2',
  NODE_OPTIONS: ['--max-semi-space-size=1', env.NODE_OPTIONS].filter(Boolean).join(' '),
})
