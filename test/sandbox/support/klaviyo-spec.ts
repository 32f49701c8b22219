import { readFileSync } from 'node:fs'
import type { ValidateFunction } from 'ajv'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { z } from 'zod'

const media = z.record(z.string(), z.looseObject({ schema: z.record(z.string(), z.unknown()).optional() }))
const operation = z.looseObject({
  operationId: z.string(),
  requestBody: z.looseObject({ content: media }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: media.optional() })),
})
const document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
})

export interface KlaviyoSpec {
  operations: string[]
  /** The operation that a request is one of; undefined where the specification has none. */
  operationOf(method: string, path: string): string | undefined
  /** What in a body does not fit the operation's request. */
  requestFaults(operationId: string, body: unknown): string[]
  /** What does not fit its response of that status; an empty body must be one there too. */
  responseFaults(operationId: string, status: number, body: unknown): string[]
}

/** Klaviyo's own specification, the part that is kept in test/specs. */
export function loadKlaviyoSpec(): KlaviyoSpec {
  const text = readFileSync(new URL('../../specs/klaviyo-openapi.json', import.meta.url), 'utf8')
  const spec = document.parse(compilable(JSON.parse(text)))
  const ajv = new Ajv({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema({ $id: 'klaviyo', components: spec.components })
  const byId = new Map(
    Object.values(spec.paths).flatMap((methods) =>
      Object.values(methods).map((found) => [found.operationId, found] as const),
    ),
  )
  const compiled = new Map<string, ValidateFunction>()

  function faults(key: string, schema: Record<string, unknown> | undefined, body: unknown): string[] {
    if (schema === undefined) return body === undefined ? [] : [`${key} has no body`]
    const validate = compiled.get(key) ?? ajv.compile(absolute(schema))
    compiled.set(key, validate)
    if (validate(body)) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${key}${instancePath} ${message}`)
  }
  const find = (id: string) => {
    const found = byId.get(id)
    if (found === undefined) throw new Error(`The specification has no ${id}.`)
    return found
  }
  const routes = Object.entries(spec.paths).flatMap(([path, methods]) => {
    const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`)
    return Object.entries(methods).map(([method, { operationId }]) => ({ method, pattern, operationId }))
  })
  return {
    operations: [...byId.keys()],
    operationOf: (method, path) =>
      routes.find((route) => route.method === method.toLowerCase() && route.pattern.test(path))?.operationId,
    requestFaults: (id, body) => faults(`${id}`, schemaOf(find(id).requestBody?.content), body),
    responseFaults: (id, status, body) => {
      const response = find(id).responses[String(status)]
      return response ? faults(`${id} ${status}`, schemaOf(response.content), body) : [`${id} has no ${status}`]
    },
  }
}

function schemaOf(content: z.infer<typeof media> | undefined): Record<string, unknown> | undefined {
  return content && Object.values(content)[0]?.schema
}

/** A reference of the document becomes one to the schema that ajv knows it by. */
function absolute(schema: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"klaviyo#/components'))
}

/**
 * `nullable` without a type is refused by ajv; a null beside it means the same. The links of a page are null at its end,
 * which the specification does not say.
 */
function compilable(node: unknown, name = ''): unknown {
  if (Array.isArray(node)) return node.map((item: unknown) => compilable(item))
  if (typeof node !== 'object' || node === null) return node
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, compilable(value, key)]))
  if (name === 'CollectionLinks') return { type: 'object', required: ['self'] }
  if (copy.nullable !== true) return copy
  const { nullable, ...rest } = copy
  return { anyOf: [rest, { type: 'null' }] }
}
