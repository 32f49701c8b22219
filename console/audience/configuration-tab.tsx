import { Button, Card, Group, NumberInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import { answer, api } from '../api.ts'
import { CountrySelect } from '../parts/country-select.tsx'
import { IntervalSelect } from '../parts/interval-select.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { Audience } from '../shapes.ts'
import { ArchiveAudience } from './archive-audience.tsx'
import { DeleteAudience } from './delete-audience.tsx'
import { ReadingCard } from './reading-card.tsx'

export function ConfigurationTab({ audience }: { audience: Audience }) {
  const mayAct = useMay('operator')
  return (
    <Stack gap="lg" maw={760}>
      <SettingsForm audience={audience} key={audience.updatedAt} />
      {audience.source && <ReadingCard audience={audience} key={`reads ${audience.updatedAt}`} />}
      {mayAct && audience.status === 'active' && <ArchiveAudience audience={audience} />}
      {mayAct && ['draft', 'archived'].includes(audience.status) && <DeleteAudience audience={audience} />}
    </Stack>
  )
}

function SettingsForm({ audience }: { audience: Audience }) {
  const mayAct = useMay('operator')
  const [name, setName] = useState(audience.name)
  const [interval, setInterval] = useState(audience.refreshInterval ?? '1d')
  const [country, setCountry] = useState(audience.defaultCountry)
  const [percent, setPercent] = useState(audience.brake.percent)
  const [minimum, setMinimum] = useState(audience.brake.minimum)
  const save = useAct(
    () =>
      answer(
        api.audiences[':id'].$patch({
          param: { id: audience.id },
          json: {
            name,
            defaultCountry: country,
            brake: { percent, minimum },
            ...(audience.kind === 'dynamic' && { refreshInterval: interval }),
          },
        }),
      ),
    { tellsErrors: true, done: 'Saved. It takes effect at once.' },
  )
  return (
    <Card>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <fieldset disabled={!mayAct} style={{ border: 0, padding: 0, margin: 0 }}>
          <Stack gap="lg">
            <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} required />
            {audience.kind === 'dynamic' && <IntervalSelect value={interval} onChange={setInterval} />}
            <CountrySelect value={country} onChange={setCountry} />
            <div>
              <Title order={3}>Brake</Title>
              <Text size="sm" c="dimmed" mb="xs">
                When more leave than both of these at once, they wait until a person approves them. Joins go out
                meanwhile.
              </Text>
              <Group>
                <NumberInput
                  label="Share of the list"
                  suffix=" %"
                  min={0}
                  max={100}
                  value={percent}
                  onChange={(value) => setPercent(Number(value))}
                  w={160}
                />
                <NumberInput
                  label="Number of people"
                  min={0}
                  thousandSeparator=","
                  value={minimum}
                  onChange={(value) => setMinimum(Number(value))}
                  w={160}
                />
              </Group>
            </div>
            {save.error && <ProblemAlert error={save.error} />}
            {mayAct && (
              <Group justify="flex-end">
                <Button type="submit" loading={save.isPending}>
                  Save
                </Button>
              </Group>
            )}
          </Stack>
        </fieldset>
      </form>
    </Card>
  )
}
