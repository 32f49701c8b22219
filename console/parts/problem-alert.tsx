import { Alert, List, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { saidOf } from '../problem.ts'

/** Why a call was refused, and what to do next. */
export function ProblemAlert({ error }: { error: unknown }) {
  const { detail, next, whose, errors = [], missing = [] } = saidOf(error)
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={20} />} title={detail} role="alert">
      {missing.length > 1 ? (
        <List size="sm">
          {missing.map(({ what }) => (
            <List.Item key={what}>{what}</List.Item>
          ))}
        </List>
      ) : (
        <Text size="sm">{next}</Text>
      )}
      {errors.map(({ path, message }) => (
        <Text size="sm" key={path + message}>
          {path}: {message}
        </Text>
      ))}
      {whose !== 'you' && (
        <Text size="sm" mt={4}>
          Whose move: {whose}
        </Text>
      )}
    </Alert>
  )
}
