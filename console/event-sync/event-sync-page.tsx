import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { useSyncToEdit } from '../parts/use-sync-to-edit.ts'
import { EventSync } from './event-sync.tsx'

/** Event Sync: which destination is told of each join and leave, and how. */
export default function EventSyncPage({ id, syncId }: { id: string; syncId: string | undefined }) {
  const all = useSyncToEdit(id, syncId)
  const name = all.data?.audience.name ?? 'Audience'
  return (
    <Page
      title="Event Sync"
      trail={[
        { name: 'Audiences', to: '/audiences' },
        { name, to: `/audiences/${id}/events` },
      ]}
    >
      <Loaded query={all}>{(data) => <EventSync {...data} />}</Loaded>
    </Page>
  )
}
