import { Alert, Button, Card, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { IconUserSearch } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { EmptyState } from '../parts/empty-state.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { FoundIn } from './found-in.tsx'

const ways = [
  { value: 'auto', label: 'Guess' },
  { value: 'memberId', label: 'Member id' },
  { value: 'email', label: 'E-mail' },
  { value: 'phone', label: 'Phone' },
] as const
type Way = (typeof ways)[number]['value']

/** One box: where a person is, since when, and why not elsewhere. What is typed stays in this page's memory. */
export default function PersonPage() {
  const [text, setText] = useState('')
  const [way, setWay] = useState<Way>('auto')
  const look = useMutation({ mutationFn: () => answer(api.people.lookup.$post({ json: asked(text, way) })), gcTime: 0 })
  return (
    <Page title="Person">
      <Card>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            look.mutate()
          }}
        >
          <Stack gap="sm">
            <Group align="flex-end">
              <TextInput
                label="Member id, e-mail or phone"
                value={text}
                onChange={(event) => setText(event.currentTarget.value)}
                autoComplete="off"
                spellCheck={false}
                flex={1}
                miw={220}
                required
                withAsterisk={false}
              />
              <Button type="submit" loading={look.isPending}>
                Look up
              </Button>
            </Group>
            <Group justify="space-between">
              <SegmentedControl
                size="xs"
                data={[...ways]}
                value={way}
                onChange={(value) => setWay(ways.find((each) => each.value === value)?.value ?? 'auto')}
                aria-label="What was typed"
              />
              <Text size="xs" c="dimmed">
                What is typed is neither stored nor logged.
              </Text>
            </Group>
          </Stack>
        </form>
      </Card>
      {look.error && <ProblemAlert error={look.error} />}
      {look.data && look.data.items.length === 0 && (
        <EmptyState icon={<IconUserSearch />} title="There is no sync yet" text="Nobody was ever sent anywhere." />
      )}
      {look.data && look.data.items.length > 0 && (
        <Stack gap="md" aria-live="polite">
          <Alert
            variant="light"
            color={look.data.found ? 'teal' : 'gray'}
            title={
              look.data.found ? 'Is in a list or was announced, or may be' : 'Is in no list, and was not announced'
            }
          >
            {look.data.found
              ? 'By audience and destination, with what the platform has said:'
              : 'Why not, by audience and destination:'}
          </Alert>
          {look.data.items.map((item) => (
            <FoundIn item={item} key={item.syncId + item.member} />
          ))}
        </Stack>
      )}
    </Page>
  )
}

function asked(text: string, way: Way) {
  const isPhone = /^\+?[\d\s()./-]{7,}$/.test(text.trim()) && /^\+|[\s()./-]/.test(text.trim())
  const chosen = way === 'auto' ? (text.includes('@') ? 'email' : isPhone ? 'phone' : 'memberId') : way
  if (chosen === 'email') return { email: text }
  return chosen === 'phone' ? { phone: text } : { memberId: text }
}
