import { Button, Card, Group, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { Link } from 'wouter'
import type { Overview } from '../shapes.ts'

/** The way from nothing to a list that is kept in step; what is done is ticked. */
export function FirstSteps({ totals }: { totals: Overview['totals'] }) {
  const steps = [
    {
      done: totals.sources > 0,
      what: 'Connect a source',
      why: 'Your PostgreSQL database, where the people are.',
      to: '/sources/new',
    },
    {
      done: totals.destinations > 0,
      what: 'Connect a destination',
      why: 'The ad account that should know them. A sandbox account works without any credentials.',
      to: '/destinations/new',
    },
    {
      done: totals.draft > 0,
      what: 'Make an audience',
      why: 'A query, a table or a view says who is in it.',
      to: '/audiences/new',
    },
    {
      done: false,
      what: 'Sync it to a list',
      why: 'Choose fields, map them, activate. The audience’s page leads on.',
      to: '/audiences',
    },
  ]
  const next = steps.find(({ done }) => !done)
  return (
    <Card>
      <Title order={2}>Four steps to the first list in step</Title>
      <Stack mt="md" gap="md">
        {steps.map((step, at) => (
          <Group key={step.what} justify="space-between" wrap="nowrap" align="flex-start">
            <Group wrap="nowrap" align="flex-start" gap="md">
              <ThemeIcon
                radius="xl"
                variant={step.done ? 'filled' : 'light'}
                color={step.done ? 'teal' : 'indigo'}
                aria-hidden
              >
                {step.done ? <IconCheck size={16} /> : at + 1}
              </ThemeIcon>
              <div>
                <Text fw={600}>
                  {step.what}
                  {step.done && ' (done)'}
                </Text>
                <Text c="dimmed" size="sm">
                  {step.why}
                </Text>
              </div>
            </Group>
            {step === next && (
              <Button component={Link} href={step.to} flex="none">
                {step.what}
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </Card>
  )
}
