import { pino } from 'pino'
import { expect, it } from 'vitest'
import { workerLogger } from '../../activities/worker-log.ts'

function logged(level: 'info' | 'warn', tell: (logger: ReturnType<typeof workerLogger>) => void) {
  const lines: Record<string, unknown>[] = []
  tell(
    workerLogger(
      pino({ level, base: null, timestamp: false }, { write: (line: string) => lines.push(JSON.parse(line)) }),
    ),
  )
  return lines
}

it('tells a failed step in one line, with what helps to find it and nothing else', () => {
  const meta = {
    sdkComponent: 'worker',
    taskToken: 'x',
    activityType: 'diff',
    attempt: 2,
    error: new Error('diff failed.'),
  }
  expect(logged('info', (logger) => logger.warn('Activity failed', meta))).toEqual([
    { level: 40, activityType: 'diff', attempt: 2, reason: 'diff failed.', msg: 'Activity failed' },
  ])
})

it('tells what workflows say, leaves out the doings of the SDK and what is meant to be so, and minds the level', () => {
  const say = (logger: ReturnType<typeof workerLogger>) => {
    logger.info('restarted', { sdkComponent: 'workflow', workflowId: 'housekeeping' })
    logger.info('Worker state changed', { sdkComponent: 'worker' })
    logger.warn('No workflows registered, not polling for workflow tasks', { sdkComponent: 'worker' })
  }
  expect(logged('info', say)).toEqual([{ level: 30, workflowId: 'housekeeping', msg: 'restarted' }])
  expect(logged('warn', say)).toEqual([])
})
