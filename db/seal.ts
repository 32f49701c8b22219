import { createCipheriv, createDecipheriv, hash, randomFillSync } from 'node:crypto'

/** Seals what may not lie open at rest: AES-256-GCM, with the id of the key in front so that keys can be rotated. */
export type Seal = {
  readonly seal: (plain: string | Buffer) => Buffer
  /** Throws KeyMissing, or an error when the data was changed. */
  readonly open: (sealed: Uint8Array) => string
  readonly openBytes: (sealed: Uint8Array) => Buffer
}

const idBytes = 4
const nonceBytes = 12
const tagBytes = 16

/** Something was sealed with a key that is not configured. Its message is one sentence. */
export class KeyMissing extends Error {
  override name = 'KeyMissing'
}

/** `keys`: 32 bytes each; the first seals, all of them open. */
export function createSeal(keys: readonly [Buffer, ...Buffer[]]): Seal {
  const byId = new Map(keys.map((key) => [keyId(key).toString('hex'), key]))
  const [current] = keys
  const currentId = keyId(current)
  const nextNonce = createNonces()
  const openBytes = (sealed: Uint8Array): Buffer => {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
    const id = bytes.subarray(0, idBytes).toString('hex')
    const key = byId.get(id)
    if (!key)
      throw new KeyMissing(
        `What is stored was sealed with encryption key ${id}, which is not configured: put the right ENCRYPTION_KEY, or DATA_DIR/encryption.key, back.`,
      )
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(idBytes, idBytes + nonceBytes))
    decipher.setAuthTag(bytes.subarray(idBytes + nonceBytes, idBytes + nonceBytes + tagBytes))
    const plain = decipher.update(bytes.subarray(idBytes + nonceBytes + tagBytes))
    // of GCM nothing is left to come: this only checks the tag
    decipher.final()
    return plain
  }
  return {
    seal(plain) {
      const nonce = nextNonce()
      const cipher = createCipheriv('aes-256-gcm', current, nonce)
      const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain)
      cipher.final()
      return Buffer.concat([currentId, nonce, cipher.getAuthTag(), body])
    },
    open: (sealed) => openBytes(sealed).toString('utf8'),
    openBytes,
  }
}

/** Random nonces, drawn many at a time: a call for each would take a quarter of the time of sealing a row. */
function createNonces(): () => Buffer {
  const drawn = Buffer.alloc(nonceBytes * 1_024)
  let used = drawn.length
  return () => {
    if (used === drawn.length) {
      randomFillSync(drawn)
      used = 0
    }
    used += nonceBytes
    return drawn.subarray(used - nonceBytes, used)
  }
}

function keyId(key: Buffer): Buffer {
  return hash('sha256', key, 'buffer').subarray(0, idBytes)
}
