import type { Cell } from '../held-rows.ts'
import { missing } from './destinations.ts'
import type { MemberKind } from './member-kinds.ts'
import { isMemberKind } from './member-kinds.ts'
import type { Message } from './message.ts'
import { inner, innerList, snake, text, texts } from './message.ts'
import { memberData } from './shapes.ts'
import type { Violation } from './status-error.ts'

/** A member that is well formed. */
export interface Member {
  /** Identifiers, each once: hashes in lower-case hex whatever they came in. */
  cells: Cell[]
  /** How many identifiers were sent. */
  identifiers: number
  references: string[]
  consent: Message
  /** Regions of its addresses. */
  regions: string[]
}

export interface Members {
  /** undefined when no member has any data. */
  kind: MemberKind | undefined
  members: Member[]
}

const MOST_MEMBERS = 10_000
const MOST_IDENTIFIERS = 10

/** The members of a request; what is wrong with any of them goes to `violations`, each under its index. */
export function readMembers(request: Message, violations: Violation[]): Members {
  const sent = innerList(request, 'audienceMembers')
  if (sent.length === 0) violations.push(missing('audience_members'))
  if (sent.length > MOST_MEMBERS) {
    const description = 'Maximum number of audience members allowed per request is 10,000.'
    violations.push({ field: 'audience_members', description, reason: 'TOO_MANY_AUDIENCE_MEMBERS' })
    return { kind: undefined, members: [] }
  }
  const names = sent.map((member) => memberData.find((name) => member[name] !== undefined))
  const kind = names.find((name) => name !== undefined)
  const reading = { encoding: text(request, 'encoding'), violations }
  const members = sent.flatMap((member, index) => {
    const name = names[index]
    const at = `audience_members[${index}]`
    if (name === undefined) violations.push(invalidMember(at))
    else if (name !== kind) violations.push(otherKind(at))
    else if (!isMemberKind(name)) violations.push(notAllowlisted(`${at}.${snake(name)}`))
    else return [readMember(name, member, at, reading)]
    return []
  })
  return { kind: kind !== undefined && isMemberKind(kind) ? kind : undefined, members }
}

export interface Reading {
  encoding: string
  violations: Violation[]
}

function readMember(kind: MemberKind, sent: Message, at: string, reading: Reading): Member {
  const data = inner(sent, kind)
  const found = readers[kind](data, `${at}.${snake(kind)}`, reading)
  const distinct = new Map(found.map((cell) => [cell.join(':'), cell]))
  return {
    cells: [...distinct.values()],
    identifiers: found.length,
    references: texts(sent, 'destinationReferences'),
    consent: inner(sent, 'consent'),
    regions: regionsOf(data),
  }
}

/** The regions of the addresses in user data. */
export function regionsOf(data: Message): string[] {
  return innerList(data, 'userIdentifiers').map((identifier) => text(inner(identifier, 'address'), 'regionCode'))
}

/** The identifiers of user data, of a member or of an event. */
export function readUserData(data: Message, at: string, reading: Reading): Cell[] {
  const sent = innerList(data, 'userIdentifiers')
  const field = `${at}.user_identifiers`
  if (sent.length === 0) reading.violations.push(missing(field))
  if (sent.length > MOST_IDENTIFIERS) {
    const description = `Maximum number of user identifiers allowed per audience member is ${MOST_IDENTIFIERS}.`
    reading.violations.push({ field, description, reason: 'TOO_MANY_USER_IDENTIFIERS' })
    return []
  }
  return sent.map((identifier, index) => readIdentifier(identifier, `${field}[${index}]`, reading))
}

const readers: Record<MemberKind, (data: Message, at: string, reading: Reading) => Cell[]> = {
  userData: readUserData,
  mobileData: (data, at, { violations }) => {
    const ids = texts(data, 'mobileIds')
    const field = `${at}.mobile_ids`
    if (ids.length === 0) violations.push(missing(field))
    if (ids.length > MOST_IDENTIFIERS)
      violations.push({
        field,
        description: 'Too many elements in a list in the request.',
        reason: 'TOO_MANY_ELEMENTS',
      })
    return ids.map((id, index) => {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
        violations.push({
          field: `${field}[${index}]`,
          description: 'Mobile ID format is not valid.',
          reason: 'INVALID_MOBILE_ID_FORMAT',
        })
      return ['mobileId', id.toLowerCase()] as const
    })
  },
  userIdData: (data, at, { violations }) => {
    const id = text(data, 'userId')
    if (id === '') violations.push(missing(`${at}.user_id`))
    return [['userId', id]]
  },
}

function readIdentifier(sent: Message, at: string, reading: Reading): Cell {
  if (sent.emailAddress !== undefined)
    return ['emailAddress', readHash(text(sent, 'emailAddress'), `${at}.email_address`, reading)]
  if (sent.phoneNumber !== undefined)
    return ['phoneNumber', readHash(text(sent, 'phoneNumber'), `${at}.phone_number`, reading)]
  if (sent.address !== undefined) return ['address', readAddress(inner(sent, 'address'), `${at}.address`, reading)]
  reading.violations.push(missing(at))
  return ['', '']
}

/** The four parts in one value, since only together they name a person. */
function readAddress(sent: Message, at: string, reading: Reading): string {
  const region = text(sent, 'regionCode')
  const postalCode = text(sent, 'postalCode').trim()
  const parts = [
    readHash(text(sent, 'givenName'), `${at}.given_name`, reading),
    readHash(text(sent, 'familyName'), `${at}.family_name`, reading),
    region,
    postalCode,
  ]
  if (region === '') reading.violations.push(missing(`${at}.region_code`))
  else if (!/^[A-Z]{2}$/.test(region))
    reading.violations.push({
      field: `${at}.region_code`,
      description: 'The region code is not valid.',
      reason: 'INVALID_REGION_CODE',
    })
  if (postalCode === '') reading.violations.push(missing(`${at}.postal_code`))
  else if (!/^[\p{L}\p{N} -]{1,20}$/u.test(postalCode))
    reading.violations.push({
      field: `${at}.postal_code`,
      description: 'Postal code is not valid.',
      reason: 'INVALID_POSTAL_CODE',
    })
  return parts.join('|')
}

const SHA256_BYTES = 32

function readHash(value: string, field: string, { encoding, violations }: Reading): string {
  if (value === '') {
    violations.push(missing(field))
    return ''
  }
  const isBase64 = encoding === 'BASE64'
  const wellEncoded = isBase64
    ? value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value)
    : value.length % 2 === 0 && /^[0-9a-f]+$/i.test(value)
  if (!wellEncoded) {
    const reason = isBase64 ? 'INVALID_BASE64_ENCODING' : 'INVALID_HEX_ENCODING'
    violations.push({ field, description: `The ${isBase64 ? 'base64' : 'HEX'} encoded value is malformed.`, reason })
    return ''
  }
  const bytes = Buffer.from(value, isBase64 ? 'base64' : 'hex')
  if (bytes.length !== SHA256_BYTES)
    violations.push({ field, description: 'The SHA256 encoded value is malformed.', reason: 'INVALID_SHA256_FORMAT' })
  return bytes.toString('hex')
}

function invalidMember(field: string): Violation {
  return { field, description: 'This audience member is not valid.', reason: 'INVALID_AUDIENCE_MEMBER' }
}

function otherKind(field: string): Violation {
  return {
    field,
    description: 'Multiple data types are not allowed to be ingested in a single request.',
    reason: 'MULTIPLE_DATA_TYPES_NOT_ALLOWED',
  }
}

function notAllowlisted(field: string): Violation {
  return { field, description: 'The account is not allowlisted for the given feature.', reason: 'NOT_ALLOWLISTED' }
}
