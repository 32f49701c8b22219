import { Button, Menu } from '@mantine/core'
import { answer, api } from '../api.ts'
import { useAct } from '../parts/use-act.ts'
import type { Sync } from '../shapes.ts'

/** What is done to a sync seldom. */
export function SyncMenu({ sync }: { sync: Sync }) {
  const param = { id: sync.id }
  const one = api.syncs[':id']
  const resync = useAct(() => answer(one.resync.$post({ param })), { done: 'Everybody is sent again by the next run.' })
  const retry = useAct(() => answer(one['retry-rejected'].$post({ param })), {
    done: 'Rejected and unusable members are tried again.',
  })
  const recreate = useAct(() => answer(one['recreate-list'].$post({ param })), { done: 'The list is made again.' })
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="subtle" size="xs">
          More
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => retry.mutate()}>Try rejected members again</Menu.Item>
        <Menu.Item onClick={() => resync.mutate()}>Send everybody again</Menu.Item>
        {sync.list && (
          <Menu.Item onClick={() => recreate.mutate()}>Make the list again, if it was deleted there</Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
