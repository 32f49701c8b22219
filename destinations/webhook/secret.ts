import { randomBytes } from 'node:crypto'
import { z } from 'zod'

const PREFIX = 'whsec_'
const LEAST_BYTES = 24
const MOST_BYTES = 64

/** A fresh secret for signatures, in the form of Standard Webhooks. */
export const newSecret = (): string => `${PREFIX}${randomBytes(32).toString('base64')}`

/** A secret as it is stored: 24 to 64 bytes in base64 after `whsec_`. */
export const secretField = () => z.string().trim().refine(isSecret, 'whsec_ and 24 to 64 bytes in base64')

function isSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false
  const key = text.slice(PREFIX.length)
  const bytes = Buffer.from(key, 'base64')
  // Buffer reads past what is no base64: only what comes out the same was
  return bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES && bytes.toString('base64') === key
}
