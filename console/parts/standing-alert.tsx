import { Alert, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Moment } from './moment.tsx'

type Told = { what: string; whose: string; next: string; at?: string }

/** What is wrong with a thing that is shown: what, whose move, what next. */
export const StandingAlert = ({ problem, children }: { problem: Told; children?: ReactNode }) => (
  <Alert color="orange" variant="light" icon={<IconAlertTriangle size={20} />} title={problem.what}>
    <Text size="sm">{problem.next}</Text>
    <Text size="sm" c="dimmed" mt={4}>
      Whose move: {problem.whose}
      {problem.at && (
        <>
          {' · '}
          <Moment at={problem.at} />
        </>
      )}
    </Text>
    {children}
  </Alert>
)
