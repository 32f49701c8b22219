import { defaultPayloadConverter } from '@temporalio/common'
import { msToTs } from '@temporalio/common/lib/time.js'
import { describe, expect, it } from 'vitest'
import { createActivities } from '../../../activities/index.ts'
import type { HistoryEvent } from '../../../api/history/events.ts'
import { tellFailure } from '../../../api/history/failure.ts'
import { senderOf } from '../../../api/history/sender.ts'
import { type Chapter, steps, tell } from '../../../api/history/tell.ts'
import { identities } from '../../../workflows/names.ts'

const runId = '0198c0de-0000-7000-8000-000000000001'
const audienceId = '0198c0de-0000-7000-8000-00000000000a'
const canary = 'anna@example.test'

const json = (value: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(value)] })
const long = (n: number) => msToTs(n * 1000).seconds

/** Events numbered from 1, one a second. */
const history = (events: readonly HistoryEvent[]): HistoryEvent[] =>
  events.map((event, at) => ({
    ...event,
    eventId: long(at + 1),
    eventTime: { seconds: long(1_800_000_000 + at), nanos: 0 },
  }))
const chapter = (events: readonly HistoryEvent[], more: Partial<Chapter> = {}): Chapter => ({
  workflow: 'audience',
  workflowId: `audience-${audienceId}`,
  runId,
  events: history(events),
  pending: [],
  ...more,
})

const state = (status: string) => ({
  ended: false,
  name: 'Buyers',
  status,
  requested: false,
  nextRefreshAt: null,
  wakeAt: null,
})
const scheduled = (name: string, input: unknown): HistoryEvent => ({
  activityTaskScheduledEventAttributes: { activityId: '1', activityType: { name }, input: json(input) },
})
const started = (opener: number, attempt = 1): HistoryEvent => ({
  activityTaskStartedEventAttributes: { scheduledEventId: long(opener), identity: 'worker', attempt },
})
const completed = (opener: number, result: unknown, identity = 'worker'): HistoryEvent => ({
  activityTaskCompletedEventAttributes: { scheduledEventId: long(opener), identity, result: json(result) },
})
const signal = (signalName: string, input?: unknown, identity = `${canary}`): HistoryEvent => ({
  workflowExecutionSignaledEventAttributes: {
    signalName,
    identity,
    ...(input === undefined ? {} : { input: json(input) }),
  },
})

describe('telling a history', () => {
  it('has a sentence for each of our activities', () => {
    const names = Object.keys(createActivities({} as never)).filter((name) => name !== 'housekeep')
    expect(names.filter((name) => !Object.hasOwn(steps, name))).toEqual([])
  })

  it('tells an instant sync as ignored where the snapshot after it found the audience paused', () => {
    const cycle = `${runId}:1`
    const snapshot = (opener: number, result: unknown) => [
      scheduled('takeSnapshot', { audienceId, cycle, cause: 'instant' }),
      started(opener),
      completed(opener, result),
    ]
    const { lines } = tell(
      chapter([
        signal('instantSync'),
        ...snapshot(2, { idle: state('paused') }),
        signal('instantSync'),
        ...snapshot(6, { runId: audienceId, staged: 3 }),
        signal('instantSync'),
      ]),
    )
    expect(lines.map(({ kind, data }) => [kind, data.ignored])).toEqual([
      ['signal.instantSync', true],
      ['step.takeSnapshot', undefined],
      ['signal.instantSync', false],
      ['step.takeSnapshot', undefined],
      ['signal.instantSync', false],
    ])
  })

  it('repeats nothing that somebody typed', () => {
    const { lines } = tell(
      chapter([
        {
          workflowExecutionStartedEventAttributes: {
            identity: canary,
            input: json({ deliveryId: canary, outcome: canary }),
          },
        },
        signal('instantSync', { email: canary }),
        signal(canary, canary),
        scheduled('takeSnapshot', { audienceId: canary, cycle: canary, cause: canary }),
        started(4),
        completed(4, { runId: audienceId, failed: canary, state: state('active') }, 'temporal-cli:anna@laptop'),
        scheduled('diff', { audienceId, runId: audienceId }),
        started(7),
        completed(7, { deliveries: [], summary: canary, state: state('active') }),
        scheduled(canary, canary),
        scheduled('takeSnapshot', canary),
        {
          activityTaskFailedEventAttributes: {
            scheduledEventId: long(11),
            failure: { message: canary, applicationFailureInfo: { type: canary } },
          },
        },
        { workflowTaskFailedEventAttributes: { failure: { message: canary } } },
        {
          startChildWorkflowExecutionInitiatedEventAttributes: {
            workflowId: canary,
            workflowType: { name: canary },
            input: json(canary),
          },
        },
        { workflowExecutionTerminatedEventAttributes: { reason: canary, identity: canary } },
      ]),
    )
    expect(lines).toHaveLength(10)
    expect(JSON.stringify(lines)).not.toContain('anna')
    expect(lines.map(({ eventId }) => eventId)).toEqual([1, 2, 3, 4, 7, 10, 11, 13, 14, 15])
    expect(lines.find(({ eventId }) => eventId === 4)?.message).toContain('ended by hand')
  })

  it('survives payloads that are no JSON of ours', () => {
    const raw = (encoding: string, data: string) => ({
      payloads: [{ metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) }],
    })
    for (const input of [
      raw('json/plain', '{"half'),
      raw('binary/encrypted', 'x'),
      raw('json/plain', `"${'x'.repeat(300_000)}"`),
      {},
      null,
    ]) {
      const { lines } = tell(
        chapter([
          { activityTaskScheduledEventAttributes: { activityId: '1', activityType: { name: 'diff' }, input } },
          started(1),
          { activityTaskCompletedEventAttributes: { scheduledEventId: long(1), identity: 'worker', result: input } },
        ]),
      )
      expect(lines).toMatchObject([{ kind: 'step.diff', eventId: 1 }])
    }
  })

  it('tells what waits now: the attempt, the failure before and the next time', () => {
    const upload = chapter([scheduled('upload', { deliveryId: audienceId, phase: 'join' })], {
      workflow: 'sync',
      pending: [
        {
          activityId: '1',
          attempt: 4,
          running: false,
          paused: false,
          nextAttemptAt: 1_800_000_900_000,
          lastFailure: { message: 'Meta is out of service for a moment.', applicationFailureInfo: { type: 'retry' } },
        },
      ],
    })
    expect(tell(upload).lines).toMatchObject([
      {
        message:
          'Uploading joins: attempt 4, to begin at 2027-01-15T08:15:00.000Z. The attempt before: Meta is out of service for a moment.',
        level: 'warning',
        endedAt: null,
        data: { attempt: 4, nextAttemptAt: '2027-01-15T08:15:00.000Z' },
      },
    ])
  })

  it('tells what was cut short by the end of its workflow, and a workflow that no worker takes', () => {
    const cut = tell(chapter([scheduled('diff', {}), { workflowExecutionTerminatedEventAttributes: {} }])).lines
    expect(cut[0]).toMatchObject({ message: expect.stringContaining('cut short'), endedAt: cut[1]?.at })
    const waiting = chapter([signal('wake'), { workflowTaskScheduledEventAttributes: {} }], {
      waitingSince: 1_800_000_001_000,
    })
    expect(tell(waiting).lines.at(-1)).toMatchObject({ kind: 'workflow.waiting', level: 'warning', eventId: 2 })
  })
})

describe('who it was', () => {
  it.each([
    [identities.api, undefined, 'the API'],
    [identities.housekeeping, undefined, 'housekeeping'],
    ['1@host', `sync-${audienceId}`, 'a sync'],
    ['temporal-cli:anna@laptop', undefined, 'somebody at the Temporal command line'],
    ['anna@example.test', 'sync-anna', 'somebody in the Temporal UI or another program'],
    ['audience-sync api of anna', undefined, 'somebody in the Temporal UI or another program'],
  ])('%s %s is %s', (identity, workflowId, by) => expect(senderOf(identity, workflowId)).toBe(by))
})

describe('failures', () => {
  it.each([
    [{ message: 'Meta is slow.', applicationFailureInfo: { type: 'Waiting' } }, 'Meta is slow.', true],
    [
      {
        message: 'hash failed: PostgresError 23505. It is tried again.',
        applicationFailureInfo: { type: 'PostgresError' },
      },
      'hash failed: PostgresError 23505. It is tried again.',
      false,
    ],
    [{ timeoutFailureInfo: { timeoutType: 4 } }, 'The worker that had it gave no sign of life any more.', false],
  ])('are told in our words', (failure, what, passes) => expect(tellFailure(failure)).toEqual({ what, passes }))

  it.each([
    { message: canary },
    { message: canary, applicationFailureInfo: { type: 'TypeError' } },
    { message: `hash failed: ${canary}. It is tried again.`, applicationFailureInfo: {} },
    { message: canary, timeoutFailureInfo: { timeoutType: 3 }, cause: { message: canary } },
    { message: canary, serverFailureInfo: {} },
  ])('are not repeated otherwise', (failure) => expect(tellFailure(failure).what).not.toContain('anna'))
})
