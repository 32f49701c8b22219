import { z } from 'zod'
import { count, many, type Said, type Step, step } from './step.ts'

const aDelivery = z.object({ deliveryId: z.uuid() })
const about = ({ deliveryId }: { deliveryId: string }) => ({ delivery: deliveryId })

export const phases = {
  join: 'joins',
  leave: 'leaves',
  update_remove: 'old identifiers',
  update_add: 'updates',
} as const
const phase = z.enum(['join', 'leave', 'update_remove', 'update_add'])
const stop = z.enum(['superseded', 'cancelled', 'failed', 'stage_lost', 'discarded'])

const stops: Record<z.infer<typeof stop>, string> = {
  superseded: 'the settings changed or a newer run took over',
  cancelled: 'it was cancelled',
  failed: 'something needs attention',
  stage_lost: 'what was staged vanished in a crash of the database, and a new run reads it again',
  discarded: 'what was held was discarded',
}
const needsSomebody = (why: z.infer<typeof stop> | undefined) => (why === 'failed' ? 'warning' : 'info')

const hashed = z.object({
  batches: z.object({ join: count, leave: count, update_remove: count, update_add: count }),
  held: count,
  stop: stop.optional(),
})

export const heldSentence = (held: number) =>
  `${many(held, 'leave or update waits', 'leaves or updates wait')} for a person: approve or discard ${held === 1 ? 'it' : 'them'}.`

function tellHashed(result: z.infer<typeof hashed>): Said {
  if (result.stop)
    return {
      message: `The delivery stops here: ${stops[result.stop]}.`,
      level: needsSomebody(result.stop),
      data: result,
    }
  const batches = phase.options.flatMap((name) =>
    result.batches[name] > 0 ? [`${many(result.batches[name], 'batch', 'batches')} of ${phases[name]}`] : [],
  )
  const held = result.held > 0 ? ` ${heldSentence(result.held)}` : ''
  return {
    message: `Hashed and numbered: ${batches.join(', ') || 'nothing to send'}.${held}`,
    level: result.held > 0 ? 'warning' : 'info',
    data: { batches: result.batches, held: result.held },
    remember: { held: result.held },
  }
}

const endings = {
  uploaded: 'The uploads are done.',
  superseded: 'The delivery gave way to a newer one.',
  cancelled: 'The delivery was cancelled.',
  discarded: 'The held changes were discarded.',
  failed: 'The delivery failed.',
} as const

export const deliverySteps: Readonly<Record<string, Step>> = {
  hash: step({ input: aDelivery, result: hashed, doing: 'Mapping, normalising and hashing', about, done: tellHashed }),
  upload: step({
    input: aDelivery.extend({ phase }),
    result: z.object({ sent: count, remaining: count, stop: stop.optional() }),
    doing: (input) => `Uploading ${phases[input.phase]}`,
    about: (input) => ({ delivery: input.deliveryId, phase: input.phase }),
    done: (result, input) => {
      const sent = `${many(result.sent, 'batch', 'batches')} of ${phases[input.phase]} sent`
      const data = { phase: input.phase, ...result }
      if (result.stop)
        return { message: `${sent}, then it stopped: ${stops[result.stop]}.`, level: needsSomebody(result.stop), data }
      return { message: result.remaining > 0 ? `${sent}, ${result.remaining} to go.` : `${sent}.`, data }
    },
  }),
  holdDelivery: step({
    input: aDelivery,
    result: z.object({ settleNeeded: z.boolean() }),
    doing: 'Holding what is too much to go out without a person',
    about,
    done: (_result, _input, { held }) => ({
      message: held ? heldSentence(held) : 'Changes wait for a person: approve or discard them.',
      level: 'warning',
      ...(held ? { data: { held } } : {}),
    }),
  }),
  releaseHeld: step({
    input: aDelivery,
    result: hashed,
    doing: 'Releasing what was held',
    about,
    done: (result) => {
      if (result.stop) return tellHashed(result)
      // the number that was approved came with a signal: whatever somebody typed there is not repeated
      if (result.held > 0)
        return {
          message: `An approval did not name the number that is held, so nothing was released. ${heldSentence(result.held)}`,
          level: 'warning',
          data: { held: result.held },
          remember: { held: result.held },
        }
      return {
        message: 'What was held is approved and goes out.',
        data: { batches: result.batches },
        remember: { held: 0 },
      }
    },
  }),
  finishDelivery: step({
    input: aDelivery.extend({ status: z.enum(['uploaded', 'superseded', 'cancelled', 'discarded', 'failed']) }),
    result: z.object({ settleNeeded: z.boolean() }),
    doing: 'Ending the delivery',
    about,
    done: (result, input) => ({
      message: `${endings[input.status]}${result.settleNeeded ? ' Its receipts are followed until they are final.' : ''}`,
      level: input.status === 'failed' ? 'warning' : 'info',
      data: { status: input.status, receiptsOpen: result.settleNeeded },
    }),
  }),
  cancelDelivery: step({
    input: aDelivery,
    result: z.unknown(),
    doing: 'Stopping the delivery after the batch in hand',
    about,
    done: () => ({ message: 'A cancel was taken: the delivery stops after the batch in hand.' }),
  }),
  settle: step({
    input: aDelivery,
    result: z.object({ open: count, askAgainAfterMs: z.number() }),
    doing: 'Asking the platform for receipts',
    about,
    done: ({ open, askAgainAfterMs }) => ({
      message: open === 0 ? 'All receipts are final.' : `${many(open, 'receipt is', 'receipts are')} not final yet.`,
      level: open === 0 ? 'info' : 'debug',
      data: { open, ...(open > 0 ? { askAgainAfterMs } : {}) },
    }),
  }),
  finishSettling: step({
    input: aDelivery,
    result: z.unknown(),
    doing: 'Closing the delivery',
    about,
    done: () => ({ message: 'The delivery is settled.' }),
  }),
}
