import { Badge } from '@mantine/core'

const colours: Readonly<Record<string, string>> = {
  active: 'teal',
  paused: 'yellow',
  draft: 'gray',
  archiving: 'orange',
  archived: 'gray',
  done: 'teal',
  running: 'blue',
  requested: 'blue',
  failed: 'red',
  planned: 'blue',
  hashing: 'blue',
  uploading: 'blue',
  held: 'yellow',
  uploaded: 'cyan',
  settled: 'teal',
  superseded: 'gray',
  discarded: 'gray',
  cancelled: 'gray',
  connected: 'teal',
  needs_attention: 'red',
  confirmed: 'teal',
  accepted: 'cyan',
  rejected: 'red',
  unconfirmed: 'orange',
}

/** A state by the API's own word. */
export const StatusBadge = ({ status, size = 'md' }: { status: string; size?: 'sm' | 'md' }) => (
  <Badge color={colours[status] ?? 'gray'} size={size} autoContrast variant="light">
    {status.replaceAll('_', ' ')}
  </Badge>
)
