import { z } from 'zod'
import type { DestinationFailure } from '../failure.ts'
import type { Answer } from '../http.ts'
import { failureOf as failure, type Meaning, notJson } from '../meaning.ts'
import { ACCOUNT_NOT_FOUND, ERRORS, meaningOfStatus, PERMISSION } from './error-table.ts'
import { EVENT_ERRORS, EVENT_PERMISSION } from './events/error-table.ts'
import { regainAfterMs } from './usage.ts'

/** What a call was about: the ad account, one list, the members of a list, or events. The same code means different things there. */
export type Subject = 'account' | 'list' | 'members' | 'events'

/** What a code means to one subject alone. */
const OF_SUBJECT: Partial<Readonly<Record<Subject, Readonly<Record<string, Meaning>>>>> = {
  account: { '100/33': ACCOUNT_NOT_FOUND },
  events: EVENT_ERRORS,
}

/** A refusal by Meta, understood. */
export type Fault = Meaning & {
  /** Such as `190/463`, `http 502`. */
  readonly code: string
  readonly retryAfterMs?: number
  readonly rowsSuspect: boolean
}

// Only numbers are read: `message` and the samples can quote what was sent.
const envelope = z.object({
  error: z.object({
    code: z.coerce.number().int().optional().catch(undefined),
    error_subcode: z.coerce.number().int().optional().catch(undefined),
    is_transient: z.boolean().optional().catch(undefined),
  }),
})

/** The fault in an answer; undefined where it is a success. The code decides, not the HTTP status. */
export function faultOf(answer: Answer, subject: Subject): Fault | undefined {
  const error = envelope.safeParse(answer.json).data?.error
  if (error?.code !== undefined) {
    return fault(meaningOf(error.code, error.error_subcode, error.is_transient ?? false, answer.status, subject), {
      code: error.error_subcode ? `${error.code}/${error.error_subcode}` : String(error.code),
      answer,
      rowsSuspect: rowsSuspect(error.code, error.error_subcode, subject),
    })
  }
  const code = `http ${answer.status}`
  if (answer.json === undefined) return fault(notJson('Meta'), { code, answer, rowsSuspect: false })
  if (error || answer.status >= 300) return fault(meaningOfStatus(answer.status), { code, answer, rowsSuspect: false })
  return undefined
}

/** The failure that the framework sees: the sentence tells what is wrong, whose move it is and what to do next. */
export function failureOf({ listGone, listDeleted, ...fault }: Fault, subject: Subject): DestinationFailure {
  const aboutList = subject !== 'account' && { ...(listGone && { listGone }), ...(listDeleted && { listDeleted }) }
  return failure('Meta', { ...fault, ...aboutList }, fault)
}

function fault(meaning: Meaning, found: { code: string; answer: Answer; rowsSuspect: boolean }): Fault {
  const { waitMs, ...rest } = meaning
  const retryAfterMs = meaning.kind === 'throttled' ? (regainAfterMs(found.answer.header) ?? waitMs) : undefined
  return {
    ...rest,
    code: found.code,
    rowsSuspect: found.rowsSuspect,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** One bad row makes Meta refuse all events of a request, whatever the subcode says of it. */
function rowsSuspect(code: number, subcode: number | undefined, subject: Subject): boolean {
  if (code !== 100) return false
  return subject === 'events' ? subcode !== 33 : subject === 'members' && !exactly(code, subcode)
}

const exactly = (code: number, subcode: number | undefined) => ERRORS[`${code}/${subcode}`] ?? ERRORS[`*/${subcode}`]

function meaningOf(
  code: number,
  subcode: number | undefined,
  transient: boolean,
  status: number,
  subject: Subject,
): Meaning {
  const own = OF_SUBJECT[subject]
  const ofSubject = own?.[`${code}/${subcode}`] ?? own?.[code]
  if (ofSubject) return ofSubject
  const exact = exactly(code, subcode) ?? ERRORS[`*/${code}`]
  if (exact) return exact
  const byCode = ERRORS[code] ?? (code >= 200 && code <= 299 ? permissionOf(subject) : undefined)
  // 2650 is a family: without a subcode that we know, Meta's own word that it passes is worth more than our guess.
  if (transient && (!byCode || code === 2650)) return meaningOfStatus(500)
  return byCode ?? meaningOfStatus(Math.max(status, 400))
}

const permissionOf = (subject: Subject): Meaning => (subject === 'events' ? EVENT_PERMISSION : PERMISSION)
