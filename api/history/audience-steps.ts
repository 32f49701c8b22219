import { z } from 'zod'
import { count, formatted, many, type Said, type Step, step } from './step.ts'

const state = z.object({
  ended: z.boolean(),
  status: z.enum(['active', 'paused', 'archiving', 'ended']),
  requested: z.boolean(),
  nextRefreshAt: z.number().nullable(),
  wakeAt: z.number().nullable(),
})
type State = z.infer<typeof state>

const isoOrNull = (at: number | null) => (at === null ? null : new Date(at).toISOString())
const facts = ({ status, nextRefreshAt, wakeAt }: State) => ({
  status,
  nextRefreshAt: isoOrNull(nextRefreshAt),
  wakeAt: isoOrNull(wakeAt),
})
const remembered = ({ status }: State) => ({ status })

export const causes: Readonly<Record<string, string>> = {
  interval: 'the refresh interval',
  instant: 'an instant sync',
  activation: 'the activation',
  retry: 'a retry',
  settings: 'changed settings',
  caught_up: 'a sync that had to be caught up',
  expiring: 'members whom the platform would soon forget',
  archive: 'the archiving',
}

const snapshotResult = z.union([
  z.object({ runId: z.uuid(), staged: count.nullable() }),
  z.object({ runId: z.uuid(), failed: z.string().max(1000), state }),
  z.object({ idle: state }),
])

function tellSnapshot(result: z.infer<typeof snapshotResult>): Said {
  if ('idle' in result) {
    const { status } = result.idle
    const paused = status === 'paused'
    return {
      message: paused
        ? 'Nothing was refreshed: the audience is paused. Resume it first.'
        : 'Nothing was refreshed: the audience is not active any more.',
      level: paused ? 'warning' : 'info',
      data: facts(result.idle),
      remember: remembered(result.idle),
    }
  }
  const about = { run: result.runId }
  if ('failed' in result)
    return {
      message: `The snapshot failed: ${result.failed}`,
      level: 'warning',
      data: facts(result.state),
      about,
      remember: remembered(result.state),
    }
  if (result.staged === null)
    return { message: 'Nothing had to be read: no sync is ready for members.', data: { members: null }, about }
  return { message: `Snapshot: ${many(result.staged, 'member')}.`, data: { members: result.staged }, about }
}

const whys: Readonly<Record<string, string>> = {
  destination_disconnected: 'its destination is not connected; check and reconnect it',
  mapping_changed: 'its mapping changed since the snapshot; the next run takes it up',
  still_delivering: 'its delivery before is still running; it is caught up when that ends',
}
export const needsSomebody = new Set(['destination_disconnected'])

const compared = z.object({
  deliveries: z.array(z.object({ deliveryId: z.uuid(), syncId: z.uuid() })),
  summary: z.string(),
  failed: z.string().max(1000).optional(),
  skipped: z
    .array(z.object({ syncId: z.uuid(), why: z.string() }))
    .optional()
    .default([]),
  state,
})

/** The sentence of our own diff, and no other. */
const summary =
  /^(nothing staged|[\d,]+ members)(, nothing to do|; [\d,]+ to deliver: [\d,]+ joined, [\d,]+ left, [\d,]+ changed)$/

function tellDiff(result: z.infer<typeof compared>): Said {
  const remember = remembered(result.state)
  if (result.failed !== undefined)
    return { message: `The run failed: ${result.failed}`, level: 'warning', data: facts(result.state), remember }
  const skipped = result.skipped.filter(({ why }) => Object.hasOwn(whys, why))
  const passedBy = skipped.map(({ why }) => ` A sync was passed by: ${whys[why]}.`)
  const found = summary.test(result.summary) ? result.summary : `${formatted(result.deliveries.length)} to deliver`
  return {
    message: `Compared with the destinations: ${found}.${passedBy.join('')}`,
    level: skipped.some(({ why }) => needsSomebody.has(why)) ? 'warning' : 'info',
    data: { toDeliver: result.deliveries, passedBy: skipped, ...facts(result.state) },
    remember,
  }
}

const anAudience = z.object({ audienceId: z.uuid() })

export const audienceSteps: Readonly<Record<string, Step>> = {
  readAudience: step({
    input: z.unknown(),
    result: state,
    doing: 'Reading the settings',
    done: (result) => ({
      message: result.ended ? 'Settings read: there is nothing more to do for this audience.' : 'Settings read.',
      level: result.ended ? 'info' : 'debug',
      data: facts(result),
      remember: remembered(result),
    }),
  }),
  pauseAudience: step({
    input: anAudience.extend({ paused: z.boolean() }),
    result: state,
    doing: ({ paused }) => (paused ? 'Pausing' : 'Resuming'),
    done: (result) => ({
      message: result.status === 'paused' ? 'The audience is paused.' : `The audience is ${result.status}.`,
      data: facts(result),
      remember: remembered(result),
    }),
  }),
  takeSnapshot: step({
    input: anAudience.extend({
      cycle: z.string().regex(/^[0-9a-f-]{36}:\d{1,9}$/),
      cause: z.enum(['instant', 'interval', 'retry']),
    }),
    result: snapshotResult,
    doing: 'Taking a snapshot of the members',
    about: ({ cycle }) => ({ cycle }),
    done: tellSnapshot,
  }),
  diff: step({
    input: anAudience.extend({ runId: z.uuid() }),
    result: compared,
    doing: 'Comparing the snapshot with what the destinations hold',
    about: ({ runId }) => ({ run: runId }),
    done: tellDiff,
  }),
  failRefresh: step({
    input: anAudience.extend({ reason: z.string().max(1000) }),
    result: state,
    doing: 'Ending the run with its reason',
    done: (result, { reason }) => ({
      message: `The run failed: ${reason} It is tried again.`,
      level: 'warning',
      data: facts(result),
      remember: remembered(result),
    }),
  }),
}
