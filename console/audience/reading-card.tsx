import { Anchor, Button, Card, Code, Group, Stack, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { answer, api } from '../api.ts'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Audience } from '../shapes.ts'

/** What a dynamic audience reads, and how to change it: a change is checked at the source and runs at once. */
export function ReadingCard({ audience: { id, source, memberId } }: { audience: Audience }) {
  const mayAct = useMay('operator')
  const [text, setText] = useState(source?.query ?? source?.table ?? '')
  const save = useAct(
    () =>
      answer(
        api.audiences[':id'].$patch({
          param: { id },
          json: { source: source?.query === undefined ? { table: text } : { query: text } },
        }),
      ),
    { tellsErrors: true, done: 'The source offers it; a run with it begins if the audience is active.' },
  )
  const before = source?.query ?? source?.table ?? ''
  return (
    <Card>
      <Stack gap="md">
        <Title order={3}>What is read</Title>
        {source?.query === undefined ? (
          <TextInput
            label="Table or view"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            readOnly={!mayAct}
          />
        ) : (
          <Textarea
            label="Query"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autosize
            minRows={3}
            readOnly={!mayAct}
          />
        )}
        <Text size="sm">
          A member is named by <Code>{memberId}</Code>.{' '}
          <Anchor component={Link} href={`/sources/${source?.id}`} size="sm" underline="always">
            The source
          </Anchor>
        </Text>
        {save.error && <ProblemAlert error={save.error} />}
        {mayAct && text !== before && (
          <Group justify="flex-end">
            <Button onClick={() => save.mutate()} loading={save.isPending}>
              Check and save
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  )
}
