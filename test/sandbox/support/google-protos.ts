import { createRequire } from 'node:module'
import { z } from 'zod'

const field = z.looseObject({ type: z.string(), rule: z.string().optional(), options: z.unknown().optional() })
interface Node {
  nested?: Record<string, Node> | undefined
  fields?: Record<string, z.infer<typeof field>> | undefined
  oneofs?: Record<string, { oneof: string[] }> | undefined
  values?: Record<string, number> | undefined
}
const node: z.ZodType<Node> = z.lazy(() =>
  z.looseObject({
    nested: z.record(z.string(), node).optional(),
    fields: z.record(z.string(), field).optional(),
    oneofs: z.record(z.string(), z.looseObject({ oneof: z.array(z.string()) })).optional(),
    values: z.record(z.string(), z.number()).optional(),
  }),
)

/** The messages and enums of google.ads.datamanager.v1 as the vendor publishes them. */
export interface Protos {
  /** A message or enum by its name, looked for within the message that names it first. */
  find(name: string, within?: string): { node: Node; at: string }
  /** What in a JSON value does not fit the message: unknown keys, wrong types, two of a oneof. */
  misfits(type: string, value: unknown): string[]
}

export function loadProtos(): Protos {
  const read: unknown = createRequire(import.meta.url)('@google-ads/datamanager/build/protos/protos.json')
  let root = node.parse(read)
  for (const part of ['google', 'ads', 'datamanager', 'v1']) root = root.nested?.[part] ?? {}

  function find(name: string, within = ''): { node: Node; at: string } {
    for (let scope = within.split('.'); ; scope = scope.slice(0, -1)) {
      const path = [...scope, ...name.split('.')].filter((part) => part !== '')
      let found: Node | undefined = root
      for (const part of path) found = found?.nested?.[part]
      if (found !== undefined) return { node: found, at: path.join('.') }
      if (scope.length === 0) throw new Error(`The protos hold no ${name} within ${within}.`)
    }
  }

  function misfits(type: string, value: unknown, within = '', path = ''): string[] {
    if (type === 'string') return typeof value === 'string' ? [] : [`${path} is no string`]
    if (type === 'bool') return typeof value === 'boolean' ? [] : [`${path} is no boolean`]
    if (type === 'int64')
      return typeof value === 'string' && /^\d+$/.test(value) ? [] : [`${path} is no int64 in a string`]
    if (type === 'int32') return Number.isInteger(value) ? [] : [`${path} is no int32`]
    if (type === 'double') return typeof value === 'number' ? [] : [`${path} is no double`]
    if (type === 'google.protobuf.Timestamp')
      return /^\d{4}-\d{2}-\d{2}T[\d:.]{8,18}Z$/.test(String(value)) ? [] : [`${path} is no timestamp`]
    if (type === 'google.protobuf.Duration') return /^\d+s$/.test(String(value)) ? [] : [`${path} is no duration`]
    const { node: found, at } = find(type, within)
    if (found.values) return typeof value === 'string' && value in found.values ? [] : [`${path} is not of ${type}`]
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is no ${type}`]
    const twice = Object.values(found.oneofs ?? {}).filter(
      ({ oneof }) => oneof.filter((name) => name in value).length > 1,
    )
    return [
      ...twice.map(({ oneof }) => `${path} has more than one of ${oneof.join(', ')}`),
      ...Object.entries(value).flatMap(([key, inner]) => {
        const known = found.fields?.[key]
        const on = `${path}.${key}`
        if (known === undefined) return [`${on} is not of ${type}`]
        if (known.rule !== 'repeated') return misfits(known.type, inner, at, on)
        return Array.isArray(inner)
          ? inner.flatMap((item, index) => misfits(known.type, item, at, `${on}[${index}]`))
          : [`${on} is no list`]
      }),
    ]
  }
  return { find, misfits: (type, value) => misfits(type, value) }
}
