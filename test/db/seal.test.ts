import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createSeal, KeyMissing } from '../../db/seal.ts'

const [first, second] = [randomBytes(32), randomBytes(32)]

it('opens what it sealed, also after its key was rotated, and nothing of a key that is gone', () => {
  const sealed = createSeal([first]).seal('Ana at home')
  expect(createSeal([second, first]).open(sealed)).toBe('Ana at home')
  expect(createSeal([first]).openBytes(createSeal([first]).seal(Buffer.alloc(0)))).toEqual(Buffer.alloc(0))
  expect(() => createSeal([second]).open(sealed)).toThrow(KeyMissing)
})

it('opens nothing of which a byte was changed', () => {
  const seal = createSeal([first])
  const sealed = seal.seal('Ana at home')
  for (let at = 4; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(() => seal.open(changed)).toThrow()
  }
})

it('never seals twice alike', () => {
  const seal = createSeal([first])
  const nonces = Array.from({ length: 5_000 }, () => seal.seal('Ana').toString('hex', 4, 16))
  expect(new Set(nonces).size).toBe(5_000)
})
