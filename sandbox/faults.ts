import { z } from 'zod'
import { refusals } from './platform.ts'

/** Faults of the transport, the same for every platform; the others are answered in the platform's own words. */
const transportFaults = [
  'html_error',
  'timeout',
  'drop_before',
  'drop_after',
  'drop_after_slow',
  'slow',
  'truncated',
  'large_body',
  'redirect',
  'reject_rows',
] as const

export const faultNames = [...refusals, ...transportFaults] as const

/** The longest wait that a fault may ask for. */
export const LONGEST_WAIT_MS = 300_000

const order = z.strictObject({
  platform: z.string(),
  fault: z.enum(faultNames),
  times: z.int().min(1).optional(),
  rate: z.number().min(0).max(1).optional(),
  seed: z.int().optional(),
  after: z.int().min(0).optional(),
  match: z
    .strictObject({ method: z.string().optional(), path: z.string().optional(), operation: z.string().optional() })
    .optional(),
  ms: z.int().min(0).max(LONGEST_WAIT_MS).optional(),
  count: z.int().min(1).optional(),
  regain_minutes: z.int().min(0).optional(),
  regain_seconds: z.int().min(0).optional(),
  code: z.int().optional(),
  subcode: z.int().optional(),
  status: z.int().min(200).max(599).optional(),
  reason: z.string().max(200).optional(),
  location: z.string().max(2_000).optional(),
  bytes: z.int().min(0).optional(),
})
export const faultOrder = order.refine(({ fault, location }) => fault !== 'redirect' || location !== undefined, {
  message: '`redirect` needs `location`, where it leads to',
})
export type FaultOrder = z.infer<typeof faultOrder>

/** A fault in place. `seen` counts matching requests, `fired` those that it hit; `remaining` is null when unlimited. */
export interface Fault extends FaultOrder {
  id: string
  seen: number
  fired: number
  remaining: number | null
}

export interface FaultTarget {
  platform: string
  method: string
  path: string
  operation: string
}

export interface Faults {
  add(order: FaultOrder): Fault
  all(): Fault[]
  remove(id: string): boolean
  clear(platform?: string): void
  /** The first fault that hits this request, counted as fired; undefined for an undisturbed request. */
  draw(target: FaultTarget): Fault | undefined
}

export function startFaults(): Faults {
  let faults: { fault: Fault; draw: () => number }[] = []
  let lastId = 0
  return {
    add: (order) => {
      // An order without times and rate means once.
      const remaining = order.times ?? (order.rate === undefined ? 1 : null)
      const fault: Fault = { ...order, id: `fault-${++lastId}`, seen: 0, fired: 0, remaining }
      faults.push({ fault, draw: order.seed === undefined ? Math.random : seededDraws(order.seed) })
      return fault
    },
    all: () => faults.map(({ fault }) => fault),
    remove: (id) => {
      const before = faults.length
      faults = faults.filter(({ fault }) => fault.id !== id)
      return faults.length < before
    },
    clear: (platform) => {
      faults = platform === undefined ? [] : faults.filter(({ fault }) => fault.platform !== platform)
    },
    draw: (target) => faults.find(({ fault, draw }) => hits(fault, draw, target))?.fault,
  }
}

function hits(fault: Fault, draw: () => number, target: FaultTarget): boolean {
  if (fault.remaining === 0 || !matches(fault, target)) return false
  fault.seen++
  if (fault.seen <= (fault.after ?? 0)) return false
  if (fault.rate !== undefined && draw() >= fault.rate) return false
  fault.fired++
  if (fault.remaining !== null) fault.remaining--
  return true
}

function matches({ platform, match }: Fault, target: FaultTarget): boolean {
  return (
    platform === target.platform &&
    (match?.method === undefined || match.method.toUpperCase() === target.method) &&
    (match?.path === undefined || target.path.includes(match.path)) &&
    (match?.operation === undefined || match.operation === target.operation)
  )
}

/** mulberry32: draws in 0..1 that are the same for the same seed. */
function seededDraws(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
