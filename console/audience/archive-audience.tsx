import { Button, Card, Group, Modal, Radio, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { people } from '../parts/count.ts'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import type { Audience } from '../shapes.ts'

export function ArchiveAudience({ audience: { id, name, size } }: { audience: Audience }) {
  const [asked, { open, close }] = useDisclosure()
  const [members, setMembers] = useState<'keep' | 'remove'>('keep')
  const archive = useAct(() => answer(api.audiences[':id'].archive.$post({ param: { id }, json: { members } })), {
    tellsErrors: true,
    afterwards: close,
    done:
      members === 'keep'
        ? 'Archived; its lists keep their people.'
        : 'Its lists are being emptied; then it is archived.',
  })
  const who = people(size ?? 0)
  return (
    <Card>
      <Group justify="space-between">
        <div>
          <Title order={3}>Archive</Title>
          <Text size="sm" c="dimmed">
            Stops for good. An archived audience can be activated again.
          </Text>
        </div>
        <Button variant="light" color="red" onClick={open}>
          Archive
        </Button>
      </Group>
      <Modal opened={asked} onClose={close} title={<Text fw={650}>Archive {name}?</Text>}>
        <Stack>
          <Radio.Group
            label={`${who} are in it, and in its lists.`}
            value={members}
            onChange={(value) => setMembers(value === 'remove' ? 'remove' : 'keep')}
          >
            <Stack gap="xs" mt="xs">
              <Radio value="keep" label="Leave them in the lists" />
              <Radio value="remove" label={`Remove ${who} from every list first`} />
            </Stack>
          </Radio.Group>
          {archive.error && <ProblemAlert error={archive.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Not now
            </Button>
            <Button color="red" onClick={() => archive.mutate()} loading={archive.isPending}>
              Archive audience
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Card>
  )
}
