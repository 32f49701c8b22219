import { z } from 'zod'
import type { ReceivedEvent } from '../events/event.ts'
import { valuesOf } from '../events/people.ts'
import { refuse } from './graph-error.ts'

const MOST_RULES = 10
const MOST_FILTERS = 100
const LONGEST_RETENTION_S = 180 * 86_400

type Compare = (held: string, wanted: string) => boolean

/** Spellings of operators differ between pages of the vendor: both are taken. */
const comparisons: Record<string, Compare> = {
  '=': (held, wanted) => held === wanted,
  eq: (held, wanted) => held === wanted,
  '!=': (held, wanted) => held !== wanted,
  neq: (held, wanted) => held !== wanted,
  contains: (held, wanted) => held.includes(wanted),
  i_contains: (held, wanted) => held.toLowerCase().includes(wanted.toLowerCase()),
  not_contains: (held, wanted) => !held.includes(wanted),
  i_not_contains: (held, wanted) => !held.toLowerCase().includes(wanted.toLowerCase()),
}

const filter = z.strictObject({
  field: z.string().min(1),
  operator: z.enum(Object.keys(comparisons)),
  value: z.union([z.string(), z.number(), z.boolean()]).transform(String),
})
const eventSource = z.looseObject({
  id: z.union([z.string(), z.number()]).transform(String),
  type: z.literal('pixel'),
})
const eventRule = z.looseObject({
  event_sources: z.array(eventSource).min(1),
  retention_seconds: z.coerce.number().int().min(1).max(LONGEST_RETENTION_S),
  filter: z
    .strictObject({ operator: z.enum(['and', 'or']), filters: z.array(filter).min(1).max(MOST_FILTERS) })
    .optional(),
})
const ruleSet = z.strictObject({ operator: z.enum(['and', 'or']), rules: z.array(eventRule).min(1).max(MOST_RULES) })

/** Whom a website audience takes in, and whom it leaves out, as its creator wrote it. */
export const audienceRule = z.strictObject({ inclusions: ruleSet, exclusions: ruleSet.optional() })
export type AudienceRule = z.infer<typeof audienceRule>
type EventRule = z.infer<typeof eventRule>

/** Reads the rule of an audience over one pixel; throws a GraphError that says where it is wrong. */
export function readRule(value: unknown, pixelId: string): AudienceRule {
  const read = audienceRule.safeParse(value)
  if (!read.success) {
    const issue = read.error.issues[0]
    throw refuse.parameter(`Param rule is not valid at ${issue?.path.join('.') || 'its start'}: ${issue?.message}`)
  }
  const rule = read.data
  const sets = [rule.inclusions, ...(rule.exclusions ? [rule.exclusions] : [])]
  // UNVERIFIED how sets joined by "and" are counted: they are not served.
  if (sets.some(({ operator, rules }) => operator === 'and' && rules.length > 1))
    throw refuse.parameter('Param rule: the sandbox serves rules that are joined by "or" only.')
  for (const { event_sources } of sets.flatMap(({ rules }) => rules))
    for (const { id } of event_sources)
      if (id !== pixelId) throw refuse.parameter('Param rule names an event source that the ad account does not have.')
  return rule
}

/** Whether one of the rules takes the event, at that moment, in milliseconds. */
export function isTaken({ rules }: { rules: EventRule[] }, event: ReceivedEvent, now: number): boolean {
  return rules.some(
    ({ event_sources, retention_seconds, filter }) =>
      event_sources.some(({ id }) => id === event.stream) &&
      event.time > now - retention_seconds * 1_000 &&
      passes(event, filter),
  )
}

function passes(event: ReceivedEvent, wanted: EventRule['filter']): boolean {
  if (wanted === undefined) return true
  const test = ({ field, operator, value }: (typeof wanted.filters)[number]) =>
    comparisons[operator]?.(heldBy(event, field), value) ?? false
  return wanted.operator === 'and' ? wanted.filters.every(test) : wanted.filters.some(test)
}

/** `event` and `url` are the event's own; anything else is one of its custom properties. */
function heldBy({ name, properties, details }: ReceivedEvent, field: string): string {
  if (field === 'event') return name
  return valuesOf(field === 'url' ? details?.event_source_url : properties[field])[0] ?? ''
}
