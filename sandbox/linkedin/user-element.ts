import { z } from 'zod'
import type { Cell, Description } from '../held-rows.ts'

/** How an identifier of a member must look, by its type. */
export const idTypes = {
  SHA256_EMAIL: /^[0-9a-f]{64}$/i,
  SHA512_EMAIL: /^[0-9a-f]{128}$/i,
  GOOGLE_AID: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
} satisfies Record<string, RegExp>

const LONGEST_NAME = 35
const name = z.string().min(1).max(LONGEST_NAME)

const shape = z.strictObject({
  action: z.enum(['ADD', 'REMOVE']),
  userIds: z.array(z.strictObject({ idType: z.string(), idValue: z.string() })).optional(),
  firstName: name.optional(),
  lastName: name.optional(),
  title: z.string().min(1).optional(),
  company: z.string().min(1).optional(),
  country: z.string().min(1).optional(),
})

/** A member to add or remove as it will be held, or what is wrong with it. */
export type ReadElement = { action: 'ADD' | 'REMOVE'; cells: Cell[]; description?: Description | undefined } | string

export function readUserElement(input: unknown): ReadElement {
  const result = shape.safeParse(input)
  if (!result.success) return schemaFault(result.error)
  const { action, userIds = [], ...details } = result.data
  for (const { idType, idValue } of userIds) {
    if (idType === 'IDFA') return 'userIds/idType: IDFA is no longer accepted'
    const form: RegExp | undefined = formOf(idType)
    if (form === undefined) return `userIds/idType: "${idType}" is not an enum symbol`
    if (!form.test(idValue)) return `userIds/idValue: "${idValue}" is not a valid ${idType}`
  }
  if (userIds.length > 0) {
    const cells = userIds.map(({ idType, idValue }): Cell => [idType, idValue])
    return { action, cells, description: details }
  }
  if (details.firstName === undefined || details.lastName === undefined)
    return 'Either userIds, or firstName and lastName, must be present'
  return { action, cells: Object.entries(details) }
}

function formOf(idType: string): RegExp | undefined {
  const forms: Record<string, RegExp> = idTypes
  return Object.hasOwn(forms, idType) ? forms[idType] : undefined
}

/** The first fault of an element in one line. */
export function schemaFault({ issues }: z.ZodError): string {
  const issue = issues[0]
  return `ERROR :: /${issue?.path.join('/') ?? ''} :: ${issue?.message ?? 'invalid'}`
}
