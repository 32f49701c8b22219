import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { useSyncToEdit } from '../parts/use-sync-to-edit.ts'
import { MapSchema } from './map-schema.tsx'

/** Map Schema: which list an audience is synced to, and which field is which identifier there. */
export default function MapSchemaPage({ id, syncId }: { id: string; syncId: string | undefined }) {
  const all = useSyncToEdit(id, syncId)
  const name = all.data?.audience.name ?? 'Audience'
  return (
    <Page
      title="Map Schema"
      trail={[
        { name: 'Audiences', to: '/audiences' },
        { name, to: `/audiences/${id}/syncs` },
      ]}
    >
      <Loaded query={all}>{(data) => <MapSchema {...data} />}</Loaded>
    </Page>
  )
}
