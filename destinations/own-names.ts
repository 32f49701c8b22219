import type { z } from 'zod'

/**
 * The schema, which then takes some of its fields under the platform's own names as well (`ad_account_id` for `adAccountId`); its
 * JSON Schema and its result know ours only. Zod has no renaming that leaves an object schema an object schema, whose shape
 * the forms are made from, so that the step is put before the schema's own parsing.
 */
export function alsoByOwnName<S extends z.ZodObject>(schema: S, ours: Readonly<Record<string, string>>): S {
  const { run } = schema._zod
  schema._zod.run = (payload, context) => {
    payload.value = renamed(payload.value, ours)
    return run(payload, context)
  }
  return schema
}

function renamed(value: unknown, ours: Readonly<Record<string, string>>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value)
  const present = new Set(entries.map(([name]) => name))
  return Object.fromEntries(
    entries.flatMap(([name, field]) => {
      const our = ours[name]
      if (our === undefined) return [[name, field]]
      return present.has(our) ? [] : [[our, field]]
    }),
  )
}
