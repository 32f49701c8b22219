import { Autocomplete } from '@mantine/core'

const usual = ['15m', '1h', '6h', '12h', '1d', '7d']

/** How often an audience is read: a usual interval, or any other that is typed. */
export const IntervalSelect = ({ value, onChange }: { value: string; onChange: (value: string) => void }) => (
  <Autocomplete
    label="Refresh interval"
    description="A number with s, m, h or d."
    data={usual}
    value={value}
    onChange={onChange}
    required
    maw={320}
  />
)
