import { Anchor, Badge, Code, Collapse, Group, Text, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronRight } from '@tabler/icons-react'
import { lasting } from '../parts/in-words.ts'
import { useSession } from '../session/session.ts'
import type { LogLine as Line } from '../shapes.ts'
import css from './log-line.module.css'

const clock = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** One thing that happened; a click opens what is known of it, and where it stands in Temporal. */
export function LogLine({ line }: { line: Line }) {
  const [opened, { toggle }] = useDisclosure()
  const { temporalUi } = useSession()
  const history =
    temporalUi && line.workflowId && line.runId
      ? `${temporalUi}/workflows/${line.workflowId}/${line.runId}/history`
      : undefined
  return (
    <div className={css.line} data-level={line.level}>
      <UnstyledButton onClick={toggle} aria-expanded={opened} w="100%" px="lg" py={8}>
        <Group wrap="nowrap" align="flex-start" gap="sm">
          <IconChevronRight size={16} className={css.arrow} data-opened={opened} aria-hidden />
          <div className={css.words}>
            <Text size="xs" c="dimmed" className={`numbers ${css.time}`}>
              {clock.format(new Date(line.at))}
            </Text>
            <Text size="sm" className={css.message}>
              {line.message}
            </Text>
          </div>
          {line.level === 'warning' && (
            <Badge color="orange" size="sm" flex="none">
              attention
            </Badge>
          )}
          {line.endedAt === null && (
            <Badge color="blue" size="sm" flex="none">
              goes on
            </Badge>
          )}
        </Group>
      </UnstyledButton>
      <Collapse expanded={opened} px="lg" pb="md" pl={50}>
        <Text size="xs" c="dimmed" mb={6}>
          {line.kind} · from {line.source === 'history' ? 'Temporal’s history' : 'our records'}
          {line.endedAt && ` · took ${lasting(Date.parse(line.endedAt) - Date.parse(line.at))}`}
          {history && (
            <>
              {' · '}
              <Anchor href={history} target="_blank" rel="noreferrer" size="xs">
                Event {line.eventId} in the Temporal UI
              </Anchor>
            </>
          )}
        </Text>
        <Code block tabIndex={0} aria-label="Details">
          {JSON.stringify(line.data, null, 2)}
        </Code>
      </Collapse>
    </div>
  )
}
