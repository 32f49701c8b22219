import { Card, Radio, Stack } from '@mantine/core'
import { people } from '../parts/count.ts'

type Props = {
  size: number | null
  value: boolean | undefined
  onChange: (announceExisting: boolean) => void
}

/** The first question of a new event sync: what becomes of those who are in already. */
export function AnnounceQuestion({ size, value, onChange }: Props) {
  const who = size === null ? 'everybody who is in' : people(size)
  return (
    <Card component="section" aria-label="Who is announced">
      <Radio.Group
        label={`Who is in already${size === null ? '' : `: ${people(size)}`}`}
        description="This is asked once: it decides what the first run does."
        value={value === undefined ? null : String(value)}
        onChange={(chosen) => onChange(chosen === 'true')}
        required
      >
        <Stack gap="md" mt="md">
          <Radio
            value="true"
            label="Announce everybody who is in now"
            description={`The first run sends a join event for ${who}; afterwards each join and each leave.`}
          />
          <Radio
            value="false"
            label="Only changes from now on"
            description={`The first run sends nothing: ${who} ${size === 1 || size === null ? 'counts' : 'count'} as known, so their leaving is not announced either.`}
          />
        </Stack>
      </Radio.Group>
    </Card>
  )
}
