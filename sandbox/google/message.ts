import type { Violation } from './status-error.ts'

/**
 * The messages of the API as far as they are served, and the reading of their JSON form: names in camel case or snake
 * case, 64-bit numbers as strings or numbers, enums by name or number, null for absent, and nothing that the message does not know.
 */
export type Field =
  | { type: Scalar | 'ignored' }
  | { type: 'enum'; values: readonly string[] }
  | { type: 'message'; shape: Shape }
  | { type: 'list'; of: Field }

export type Scalar = 'string' | 'bool' | 'int32' | 'int64' | 'double' | 'duration' | 'timestamp'

/** Fields by their name in camel case. */
export interface Shape {
  name: string
  fields: Record<string, Field>
  /** Groups of which at most one may be set. */
  oneof?: readonly (readonly string[])[]
}

export type Message = Record<string, unknown>

/** What was read, with names in camel case; what is wrong goes to `violations`. */
export function readMessage(shape: Shape, value: unknown, path: string, violations: Violation[]): Message {
  const message: Message = {}
  if (!isObject(value)) {
    violations.push(wrongType(path, shape.name, value))
    return message
  }
  for (const [given, inner] of Object.entries(value)) {
    const name = camel(given)
    const field = Object.hasOwn(shape.fields, name) && (given === name || given === snake(name)) && shape.fields[name]
    const at = path === '' ? snake(name) : `${path}.${snake(name)}`
    if (!field) {
      violations.push(unknownName(given, path))
      continue
    }
    if (inner === null || field.type === 'ignored') continue
    message[name] = readField(field, inner, at, violations)
  }
  for (const group of shape.oneof ?? []) {
    const set = group.filter((name) => message[name] !== undefined)
    if (set.length > 1)
      violations.push({
        field: path,
        description: `Invalid value (oneof), oneof field is already set. Cannot set '${snake(set[1] ?? '')}'`,
      })
  }
  return message
}

function readField(field: Field, value: unknown, at: string, violations: Violation[]): unknown {
  switch (field.type) {
    case 'message':
      return readMessage(field.shape, value, at, violations)
    case 'list': {
      if (Array.isArray(value))
        return value.map((item: unknown, index) => readField(field.of, item, `${at}[${index}]`, violations))
      violations.push(wrongType(at, 'list', value))
      return []
    }
    case 'enum':
      if (typeof value === 'string' && field.values.includes(value)) return value
      // A number of the enum stands for its name; all that are served here count from 0 without a gap.
      if (typeof value === 'number' && field.values[value] !== undefined) return field.values[value]
      violations.push(wrongType(at, 'TYPE_ENUM', value))
      return undefined
    default: {
      const read = scalars[field.type](value)
      if (read === undefined) violations.push(wrongType(at, field.type, value))
      return read
    }
  }
}

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i

const scalars: Record<Scalar | 'ignored', (value: unknown) => unknown> = {
  string: (value) => (typeof value === 'string' ? value : undefined),
  bool: (value) => (typeof value === 'boolean' ? value : undefined),
  int64: (value) => {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
    return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? value : undefined
  },
  duration: (value) => (typeof value === 'string' && /^-?\d{1,12}(\.\d{1,9})?s$/.test(value) ? value : undefined),
  int32: (value) => {
    const number = typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value
    return typeof number === 'number' && number === (number | 0) ? number : undefined
  },
  double: (value) => {
    const number = typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? Number(value) : value
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined
  },
  timestamp: (value) =>
    typeof value === 'string' && instant.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined,
  ignored: () => undefined,
}

/** The value itself is not repeated: it may be a member's. */
function wrongType(field: string, type: string, value: unknown): Violation {
  const found = Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value
  return { field, description: `Invalid value at '${field}' (${type}), found ${found}` }
}

function unknownName(given: string, path: string): Violation {
  const where = path === '' ? '' : ` at '${path}'`
  return {
    field: path,
    description: `Invalid JSON payload received. Unknown name "${given.slice(0, 60)}"${where}: Cannot find field.`,
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** A message within a message; empty when it is absent. */
export function inner(message: Message, name: string): Message {
  const value = message[name]
  return isObject(value) ? value : {}
}

export function innerList(message: Message, name: string): Message[] {
  const value = message[name]
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** A string or enum of the message; empty when it is absent, as the protocol has it. */
export function text(message: Message, name: string): string {
  const value = message[name]
  return typeof value === 'string' ? value : ''
}

export function texts(message: Message, name: string): string[] {
  const value = message[name]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
