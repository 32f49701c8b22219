import type { AudienceRow } from '../db/queries/audience.ts'
import { type SyncWithNames, syncsOfAudience } from '../db/queries/sync.ts'
import { splitMapping } from '../destinations/properties.ts'
import { SourceFailure } from '../sources/define.ts'
import { selectionOf } from './audience-shape.ts'
import { namesPeople } from './check-mapping.ts'
import { sideIn } from './connection.ts'
import type { Deps } from './deps.ts'
import { ApiProblem, conflict } from './problem.ts'
import { withStoredSource } from './source.ts'

type Missing = { readonly code: string; readonly what: string; readonly whose: string; readonly next: string }
const yours = (code: string, what: string, next: string): Missing => ({ code, what, whose: 'you', next })

/** @throws ApiProblem that names everything which an audience still lacks before it can be activated */
export async function refuseUnlessComplete(deps: Deps, audience: AudienceRow): Promise<void> {
  const syncs = await syncsOfAudience(deps.db.orm, audience.id)
  const missing = [
    ...(audience.kind === 'dynamic' ? await missingToRead(deps, audience) : missingMembers(audience)),
    ...(audience.fields.length === 0
      ? [yours('fields', 'No fields are chosen.', 'Choose them with PUT /v1/audiences/{id}/schema.')]
      : []),
    ...missingSyncs(syncs),
  ]
  const [first] = missing
  if (!first) return
  throw conflict(
    'incomplete',
    `The audience cannot be activated yet: ${missing.map(({ what }) => what.replace(/\.$/, '')).join('; ')}.`,
    missing.length === 1 ? first.next : 'Do what "missing" names, one by one.',
    { missing },
  )
}

const missingMembers = ({ loadNo }: AudienceRow): Missing[] =>
  loadNo > 0
    ? []
    : [yours('members', 'No members were uploaded yet.', 'Upload them with PUT /v1/audiences/{id}/members.')]

async function missingToRead(deps: Deps, audience: AudienceRow): Promise<Missing[]> {
  const interval =
    audience.refreshIntervalMs === null
      ? [
          yours(
            'refresh_interval',
            'No refresh interval is set.',
            'PATCH /v1/audiences/{id} {"refreshInterval": "1d"}.',
          ),
        ]
      : []
  return [...interval, ...(await missingAtSource(deps, audience))]
}

async function missingAtSource(deps: Deps, audience: AudienceRow): Promise<Missing[]> {
  try {
    const columns = await withStoredSource(deps, audience.sourceId, (source) => source.columns(selectionOf(audience)))
    const names = columns.map((column) => column.name)
    return [audience.memberId, ...audience.fields]
      .filter((field) => !names.includes(field))
      .map((field) =>
        yours('field', `The source does not offer ${field}.`, 'Change the query, or choose other fields.'),
      )
  } catch (error) {
    if (error instanceof SourceFailure) return [{ ...error.problem }]
    if (error instanceof ApiProblem) return [yours('source', error.message, error.details.next)]
    throw error
  }
}

function missingSyncs(syncs: readonly SyncWithNames[]): Missing[] {
  if (syncs.length === 0)
    return [yours('sync', 'There is no sync to a destination.', 'Create one with POST /v1/audiences/{id}/syncs.')]
  const on = syncs.filter((sync) => sync.enabled)
  return (on.length > 0 ? on : syncs).flatMap((sync): Missing[] => {
    const where = `the sync to ${sync.destination.name}`
    return [
      ...(sync.destination.status === 'connected'
        ? []
        : [yours('destination', `${sync.destination.name} needs attention.`, 'Check it, or change its credentials.')]),
      ...(sync.listId === null
        ? [yours('list', `No list is chosen for ${where}.`, 'Choose or create one with PATCH /v1/syncs/{id}.')]
        : []),
      ...(namesPeople(sideIn(sync.destination.platform, sync.mode), splitMapping(sync.mapping).identifiers)
        ? []
        : [
            yours(
              'mapping',
              `Nothing that names a person is mapped in ${where}.`,
              'PATCH /v1/syncs/{id} {"mapping": …}.',
            ),
          ]),
    ]
  })
}
