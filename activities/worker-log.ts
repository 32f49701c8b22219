import { DefaultLogger, type LogEntry } from '@temporalio/worker'
import type { Logger } from 'pino'

/** Says nothing that anybody could act on: the queues of uploads have activities only, and are meant to. */
const expected = 'No workflows registered'
/** What helps to find the place. The rest is for the SDK's authors, or would show an error with its stack twice. */
const told = ['workflowId', 'activityType', 'attempt', 'where', 'taskQueue', 'durationMs'] as const
const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const

/**
 * What the Temporal SDK, our activities and our workflows have to say, one JSON line each. Of the SDK's own doings only
 * warnings and errors are told.
 */
export const workerLogger = (log: Logger) =>
  new DefaultLogger('INFO', ({ level, message, meta = {} }: LogEntry) => {
    if (message.startsWith(expected) || (level === 'INFO' && !ours(meta))) return
    const { error } = meta
    const facts = Object.fromEntries(told.filter((name) => name in meta).map((name) => [name, meta[name]]))
    log[levels[level]]({ ...facts, ...(error instanceof Error && { reason: error.message }) }, message)
  })

const ours = ({ sdkComponent }: Record<string, unknown>) => sdkComponent === 'workflow' || sdkComponent === 'activity'
