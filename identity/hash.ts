import { hash } from 'node:crypto'
import { Refusal } from './refusal.ts'

const SHA256 = /^[0-9a-f]{64}$/
const SHA256_ANY_CASE = /^\s*([0-9a-f]{64})\s*$/i
const OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const HASH_OF_NOTHING = new Refusal('the hash of an empty value')

/** SHA-256 of the value's UTF-8 bytes, as 64 lowercase hex digits. */
export const sha256Hex = (value: string): string => hash('sha256', value, 'hex')

/** The same as 32 characters of one byte each: what the packed form keeps, and the fastest that Node gives. */
export const sha256Digest = (value: string): string => hash('sha256', value, 'binary')

/** 64 hex digits as 32 characters of one byte each. */
export const digestOfHex = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1')

/** Whether a value is 64 lowercase hex digits. */
export const isSha256 = (value: string): boolean => value.length === 64 && SHA256.test(value)

/**
 * A value that somebody hashed before us, in lowercase; undefined when it is none. The hash of an empty string names
 * nobody, and would make one person of all who have it: refused.
 */
export function alreadyHashed(raw: string): string | Refusal | undefined {
  if (raw.length < 64) return undefined
  const digest = SHA256_ANY_CASE.exec(raw)?.[1]?.toLowerCase()
  return digest === OF_NOTHING ? HASH_OF_NOTHING : digest
}
