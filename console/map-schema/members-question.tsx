import { Card, Radio, Stack } from '@mantine/core'
import { people } from '../parts/count.ts'

type Props = {
  from: string
  size: number | null
  value: 'keep' | 'remove'
  onChange: (value: 'keep' | 'remove') => void
}

/** A sync that moves says what becomes of the people in the list before. */
export const MembersQuestion = ({ from, size, value, onChange }: Props) => (
  <Card>
    <Radio.Group
      label={`The sync moves away from the list “${from}”. What becomes of the people in it${size ? `, about ${people(size)}` : ''}?`}
      value={value}
      onChange={(chosen) => onChange(chosen === 'remove' ? 'remove' : 'keep')}
    >
      <Stack gap="xs" mt="xs">
        <Radio value="keep" label="They stay in that list" />
        <Radio value="remove" label="They are removed from it first; then the sync moves" />
      </Stack>
    </Radio.Group>
  </Card>
)
