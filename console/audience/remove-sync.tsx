import { Button, Group, Modal, Radio, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { people } from '../parts/count.ts'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import type { Sync } from '../shapes.ts'

/** Ends a sync, after asking what becomes of the people in its list. */
export function RemoveSync({ sync }: { sync: Sync }) {
  const [asked, { open, close }] = useDisclosure()
  const [members, setMembers] = useState<'keep' | 'remove'>('keep')
  const audience = useQuery({
    queryKey: ['audience', sync.audienceId],
    queryFn: () => answer(api.audiences[':id'].$get({ param: { id: sync.audienceId } })),
    enabled: asked,
  })
  const size = audience.data?.size
  const who = size ? `about ${people(size)}` : 'everybody who was sent'
  const words = sync.mode === 'event' ? ofEvents(who, sync.destination.name) : ofList(who, sync.list?.name ?? '')
  const remove = useAct(() => answer(api.syncs[':id'].$delete({ param: { id: sync.id }, query: { members } })), {
    tellsErrors: true,
    done: words.done[members],
    afterwards: close,
  })
  return (
    <>
      <Button variant="subtle" color="red" size="xs" onClick={open}>
        Delete
      </Button>
      <Modal opened={asked} onClose={close} title={<Text fw={650}>Delete the sync to {sync.destination.name}?</Text>}>
        <Stack>
          <Radio.Group
            label={words.holds}
            value={members}
            onChange={(value) => setMembers(value === 'remove' ? 'remove' : 'keep')}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="keep" label={words.keep} />
              <Radio value="remove" label={words.remove} />
            </Stack>
          </Radio.Group>
          {remove.error && <ProblemAlert error={remove.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Not now
            </Button>
            <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
              Delete sync
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}

const ofList = (who: string, list: string) => ({
  holds: `The list ${list} holds ${who}.`,
  keep: 'Leave them in the list',
  remove: `Remove them from the list first (${who})`,
  done: {
    keep: 'The sync is deleted; its list keeps its people.',
    remove: 'The list is being emptied; then the sync is gone.',
  },
})

const ofEvents = (who: string, destination: string) => ({
  holds: `${destination} was told of ${who}.`,
  keep: 'Say nothing more: no leave is announced',
  remove: `Announce first that they left (${who})`,
  done: {
    keep: 'The sync is deleted; nothing more is announced.',
    remove: 'It is announced that everybody left; then the sync is gone.',
  },
})
