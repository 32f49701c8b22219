import { z } from 'zod/mini'

const property = z.looseObject({
  type: z.optional(z.string()),
  title: z.optional(z.string()),
  description: z.optional(z.string()),
  enum: z.optional(z.array(z.string())),
  default: z.optional(z.unknown()),
  secret: z.optional(z.boolean()),
  anyOf: z.optional(z.array(z.looseObject({ type: z.optional(z.string()) }))),
})
const object = z.looseObject({
  properties: z.optional(z.record(z.string(), property)),
  required: z.optional(z.array(z.string())),
})

export type FormField = {
  readonly name: string
  readonly label: string
  readonly description: string | undefined
  readonly required: boolean
  readonly kind: 'text' | 'secret' | 'number' | 'yes_no' | 'choice'
  readonly choices: { value: string; label: string }[]
  readonly hint: string | undefined
}

/** What a form asks for, of the JSON Schema of an object: those that must be given first. */
export function fieldsOf(schema: Record<string, unknown>): FormField[] {
  const { properties = {}, required = [] } = object.parse(schema)
  return Object.entries(properties)
    .map(([name, each]): FormField => {
      const kind = kindOf(each)
      return {
        name,
        label: capital(each.title ?? spaced(name)),
        description: each.description,
        required: required.includes(name) && each.default === undefined,
        kind,
        choices: (each.enum ?? []).map((value) => ({
          value,
          label: words(value),
        })),
        hint: each.default === undefined ? undefined : each.enum ? words(`${each.default}`) : `${each.default}`,
      }
    })
    .sort((a, b) => Number(b.required) - Number(a.required))
}

function kindOf({ secret, type, enum: choices, anyOf }: z.infer<typeof property>): FormField['kind'] {
  if (secret) return 'secret'
  if (choices) return 'choice'
  const types = [type, ...(anyOf ?? []).map((each) => each.type)]
  if (types.includes('boolean')) return 'yes_no'
  return types.includes('number') || types.includes('integer') ? 'number' : 'text'
}

const spaced = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
const words = (value: string) => capital(value.replaceAll('_', ' ').toLowerCase())
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
