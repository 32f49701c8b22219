import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { countAdminKeys, createApiKey } from '../db/queries/api-key.ts'
import { hashApiKey, hintOf, makeApiKey } from './auth.ts'
import type { Deps } from './deps.ts'

/**
 * Makes the first admin key when there is none: the given one, or a new one, which is written to `file` (mode 0600) for
 * the person who starts the product. Returns whether it made one.
 */
export async function ensureFirstKey(
  { db }: Pick<Deps, 'db'>,
  { given, file }: { given: string | undefined; file: string },
): Promise<boolean> {
  if ((await countAdminKeys(db.orm)) > 0) return false
  const key = given ?? makeApiKey()
  const made = await createApiKey(db.orm, {
    name: 'first key',
    role: 'admin',
    hash: hashApiKey(key),
    hint: hintOf(key),
  })
  if (!made) return false
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${key}\n`, { mode: 0o600 })
  await chmod(file, 0o600)
  return true
}
