import { Button, Card, Group, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { useMay } from '../session/session.ts'
import type { Audience } from '../shapes.ts'

/** What a draft still lacks, in the order in which it is done. */
export function NextSteps({ audience }: { audience: Audience }) {
  const mayAct = useMay('operator')
  const syncs = useQuery({
    queryKey: ['syncs', audience.id],
    queryFn: () => answer(api.audiences[':id'].syncs.$get({ param: { id: audience.id }, query: {} })),
  })
  const hasSync = (syncs.data?.items.length ?? 0) > 0
  const at = `/audiences/${audience.id}`
  const steps = [
    { what: 'Choose the fields to use', done: audience.fields.length > 0, to: `${at}/schema`, word: 'Choose fields' },
    {
      what: 'Sync it to a destination: to a list, or by events',
      done: hasSync,
      to: `${at}/map/new`,
      word: 'Add a destination',
    },
    { what: 'Activate it: the first run begins', done: false, to: undefined, word: '' },
  ]
  const next = steps.find(({ done }) => !done)
  return (
    <Card>
      <Title order={2}>A draft: nothing is sent yet</Title>
      <Stack gap="sm" mt="md">
        {steps.map((step, place) => (
          <Group key={step.what} justify="space-between" mih={36}>
            <Group gap="sm">
              <ThemeIcon
                size="md"
                radius="xl"
                variant={step.done ? 'filled' : 'light'}
                color={step.done ? 'teal' : 'indigo'}
                aria-hidden
              >
                {step.done ? <IconCheck size={14} /> : place + 1}
              </ThemeIcon>
              <Text>
                {step.what}
                {step.done && ' (done)'}
              </Text>
            </Group>
            {step === next && step.to && mayAct && (
              <Button component={Link} href={step.to} size="xs">
                {step.word}
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </Card>
  )
}
