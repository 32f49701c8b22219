import { z } from 'zod'
import type { Usage } from '../define.ts'

type Header = (name: string) => string | undefined

const percent = z.coerce.number().nonnegative().catch(0)

const useCase = z.object({
  type: z.string().catch(''),
  call_count: percent,
  total_cputime: percent,
  total_time: percent,
  estimated_time_to_regain_access: percent,
})
const businessUsage = z.record(z.string(), z.array(useCase))
const accountUsage = z.object({ acc_id_util_pct: percent, reset_time_duration: percent })
const appUsage = z.object({ call_count: percent, total_cputime: percent, total_time: percent })

/**
 * How full Meta says we are: the fullest of the limits that this call counted against. Undefined where the answer tells
 * nothing that can be read.
 */
export function usageOf(header: Header, key: string, counts: 'calls' | 'events'): Usage | undefined {
  const told = [
    ...businessFigures(header, (type) => (type === 'custom_audience') === (counts === 'calls')),
    ...accountFigures(header),
    ...appFigures(header),
  ]
  if (told.length === 0) return undefined
  return {
    key,
    percent: Math.max(...told.map((figure) => figure.percent)),
    regainAfterMs: Math.max(...told.map((figure) => figure.regainAfterMs)),
  }
}

/** How long Meta says that a refused call has to wait; undefined where it does not say. */
export function regainAfterMs(header: Header): number | undefined {
  const seconds = Number(header('retry-after'))
  const told = [
    ...businessFigures(header, () => true).map((figure) => figure.regainAfterMs),
    ...accountFigures(header).map((figure) => figure.regainAfterMs),
    Number.isFinite(seconds) ? seconds * 1000 : 0,
  ]
  const longest = Math.max(...told)
  return longest > 0 ? longest : undefined
}

type Figure = { percent: number; regainAfterMs: number }

function businessFigures(header: Header, counts: (type: string) => boolean): Figure[] {
  const usage = readHeader(header, 'x-business-use-case-usage', businessUsage)
  return Object.values(usage ?? {})
    .flat()
    .filter((use) => counts(use.type))
    .map((use) => ({
      percent: Math.max(use.call_count, use.total_cputime, use.total_time),
      // In minutes, unlike the other header's seconds.
      regainAfterMs: use.estimated_time_to_regain_access * 60_000,
    }))
}

function accountFigures(header: Header): Figure[] {
  const usage = readHeader(header, 'x-ad-account-usage', accountUsage)
  if (!usage) return []
  const full = usage.acc_id_util_pct >= 100
  return [{ percent: usage.acc_id_util_pct, regainAfterMs: full ? usage.reset_time_duration * 1000 : 0 }]
}

function appFigures(header: Header): Figure[] {
  const usage = readHeader(header, 'x-app-usage', appUsage)
  return usage ? [{ percent: Math.max(usage.call_count, usage.total_cputime, usage.total_time), regainAfterMs: 0 }] : []
}

// These headers are a help, not a promise: one that cannot be read must not fail a call that worked.
function readHeader<S extends z.ZodType>(header: Header, name: string, schema: S): z.output<S> | undefined {
  const text = header(name)
  if (text === undefined) return undefined
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
