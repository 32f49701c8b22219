import { randomBytes } from 'node:crypto'
import { type ChaskeyKey, chaskey, chaskeyKey, chaskeySlack } from './chaskey.ts'
import type { Runner } from './connect.ts'
import type { Seal } from './seal.ts'

/** Length of the secret that `loadMemberKeySecret` makes, in bytes: 16 for member keys, 16 for fingerprints. */
const secretBytes = 32
const name = 'member_key'

/** The half of the secret that member keys are made with. */
export const memberKeyKey = (secret: Uint8Array): ChaskeyKey => chaskeyKey(secret.subarray(0, 16))

/** The half of the secret that seeds fingerprints. */
export const fingerprintSeed = (secret: Uint8Array): ChaskeyKey => chaskeyKey(secret.subarray(16, 32))

/** The 16 bytes that stand for a member id: a keyed hash, so that nobody can choose an id that collides with another's. */
export function memberKeyBytes(secret: Uint8Array, id: string): Buffer {
  const length = Buffer.byteLength(id)
  const message = new DataView(new ArrayBuffer(length + chaskeySlack))
  new TextEncoder().encodeInto(id, new Uint8Array(message.buffer))
  const key = Buffer.alloc(16)
  chaskey(memberKeyKey(secret), message, 0, length, new DataView(key.buffer, key.byteOffset, 16), 0)
  return key
}

/** `memberKeyBytes` as the text of a uuid. */
export function memberKeyOf(secret: Uint8Array, id: string): string {
  const hex = memberKeyBytes(secret, id).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * The secret of member keys, 32 bytes: made once for a deployment, sealed, never rotated, since another one would make
 * every member look new. Throws what `Seal.open` throws.
 */
export async function loadMemberKeySecret(run: Runner, seal: Seal): Promise<Buffer> {
  const fresh = seal.seal(randomBytes(secretBytes).toString('hex'))
  await run`insert into secret (name, sealed) values (${name}, ${fresh}) on conflict (name) do nothing`
  const [row] = await run<{ sealed: Uint8Array }[]>`select sealed from secret where name = ${name}`
  if (!row) throw new Error('The secret of member keys is missing from the table "secret" right after it was written.')
  return Buffer.from(seal.open(row.sealed), 'hex')
}
