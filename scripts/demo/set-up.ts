import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { type Api, ApiError, call } from './api.ts'
import { peopleCount, readersQuery } from './source-database.ts'

const idOnly = z.object({ id: z.string() })
const anything = z.unknown()

const progress = z.object({
  /** Names this installation in idempotency keys. */
  installation: z.string(),
  sourceUrl: z.string().optional(),
  sourceId: z.string().optional(),
  destinationId: z.string().optional(),
  audienceId: z.string().optional(),
  fieldsChosen: z.boolean().optional(),
  syncId: z.string().optional(),
  listId: z.string().optional(),
  activated: z.boolean().optional(),
})
type Progress = z.infer<typeof progress>

export type Demo = { audienceId: string; listId: string; people: number }

/**
 * Sets the demo up as a user would, call by call: a source, a sandbox destination, an audience, a sync, activated.
 * Each step is written to `file` when it is done, so that a start goes on where the last one ended, and what the user
 * deletes or changes afterwards is left alone.
 * @throws ApiError
 */
export async function setUpDemo(api: Api, sourceUrl: string, file: string): Promise<Demo> {
  let done = read(file)
  const keep = (step: Partial<Progress>) => {
    done = { ...done, ...step }
    write(file, done)
  }
  const post = <T>(path: string, body: unknown, answer: z.ZodType<T>) =>
    call(api, { method: 'POST', path, body, once: `demo-${done.installation}${path.replaceAll('/', '-')}` }, answer)

  const sourceId = done.sourceId ?? (await post('/v1/sources', sourceOf(sourceUrl), idOnly)).id
  if (done.sourceId !== undefined && done.sourceUrl !== sourceUrl) await moveSource(api, sourceId, sourceUrl)
  keep({ sourceId, sourceUrl })

  const destinationId = done.destinationId ?? (await post('/v1/destinations', destination, idOnly)).id
  keep({ destinationId })

  const audienceId = done.audienceId ?? (await post('/v1/audiences', audienceOf(sourceId), idOnly)).id
  keep({ audienceId })

  const schema = { method: 'PUT', path: `/v1/audiences/${audienceId}/schema`, body: { fields } } as const
  if (!done.fieldsChosen) await call(api, schema, anything)
  keep({ fieldsChosen: true })

  const syncAnswer = z.object({ id: z.string(), list: idOnly })
  if (done.syncId === undefined || done.listId === undefined) {
    const sync = await post(`/v1/audiences/${audienceId}/syncs`, syncOf(destinationId), syncAnswer)
    keep({ syncId: sync.id, listId: sync.list.id })
  }
  if (!done.activated) await post(`/v1/audiences/${audienceId}/activate`, undefined, anything)
  keep({ activated: true })

  return { audienceId, listId: done.listId ?? '', people: peopleCount }
}

const sourceOf = (url: string) => ({ name: 'Demo shop', kind: 'postgres', credentials: { url } })
const destination = { name: 'Demo Meta account', platform: 'meta', sandbox: true }
const audienceOf = (id: string) => ({
  name: 'Newsletter readers',
  kind: 'dynamic',
  source: { id, query: readersQuery, memberId: 'person_id' },
  refreshInterval: '1m',
})
const mapping = {
  EMAIL: 'email',
  PHONE: 'phone',
  FN: 'first_name',
  LN: 'last_name',
  CT: 'city',
  ZIP: 'postcode',
  COUNTRY: 'country',
}
const fields = Object.values(mapping)
const syncOf = (destinationId: string) => ({
  destinationId,
  mode: 'list',
  list: { create: { name: 'Newsletter readers (demo)' } },
  mapping,
  enabled: true,
})

// The embedded PostgreSQL may have another port than at the last start.
async function moveSource(api: Api, id: string, url: string): Promise<void> {
  const body = { credentials: { url } }
  await call(api, { method: 'PATCH', path: `/v1/sources/${id}`, body }, anything).catch((error) => {
    // Deleted by the user: then the demo has no source any more, as they wished.
    if (!(error instanceof ApiError && error.status === 404)) throw error
  })
}

function read(file: string): Progress {
  if (!existsSync(file)) return { installation: randomBytes(6).toString('hex') }
  return progress.parse(JSON.parse(readFileSync(file, 'utf8')))
}

function write(file: string, done: Progress): void {
  writeFileSync(`${file}.new`, JSON.stringify(done, null, 2), { mode: 0o600 }) // the source's address has a password
  renameSync(`${file}.new`, file)
}
