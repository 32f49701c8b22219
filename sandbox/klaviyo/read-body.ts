import type { z } from 'zod'
import { refuse } from './api-error.ts'

/** What the schema makes of a body; throws Klaviyo's refusal, which names every fault by its pointer. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw refuse.invalids(result.error.issues.flatMap(faultsOf))
}

/** The value itself is not repeated: it may be a person's. */
function faultsOf(issue: z.core.$ZodIssue): { detail: string; pointer: string }[] {
  const pointer = `/${issue.path.map(String).join('/')}`
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      detail: `'${key.slice(0, 60)}' is not a valid field for this resource.`,
      pointer: `${pointer}/${key.slice(0, 60)}`,
    }))
  return [{ detail: `${issue.message}.`, pointer }]
}
