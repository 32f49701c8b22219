type Env = Record<string, string | undefined>

/**
 * The environment of a worker process, which holds little for long and passes much through. With a bound on its heap it
 * collects in time instead of growing as far as the machine lets it (half of the peak, for some more of the processor's
 * time); a small nursery keeps buffers from waiting for a collection that is far off; with few malloc arenas its dozen
 * threads do not each hold on to memory of their own. What the environment says already wins.
 */
export const workerEnvironment = (env: Env): Env => ({
  ...env,
  MALLOC_ARENA_MAX: env.MALLOC_ARENA_MAX ?? '2',
  NODE_OPTIONS: ['--max-semi-space-size=2 --max-old-space-size=512', env.NODE_OPTIONS].filter(Boolean).join(' '),
})
