import { Alert, Button, Card, Group, List, Stack, Text } from '@mantine/core'
import { IconHelpCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { Facts } from '../parts/facts.tsx'
import { Loaded } from '../parts/loaded.tsx'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { useAct } from '../parts/use-act.ts'
import { useMay } from '../session/session.ts'
import type { AudienceRule, SyncRead } from '../shapes.ts'

/** The audience there that the events fill: made for the user where that can be done, and how it is made by hand. */
export function PlatformAudience({ sync, platform }: { sync: SyncRead; platform: string }) {
  const rule = useQuery({
    queryKey: ['audience rule', sync.id, sync.version],
    queryFn: () => answer(api.syncs[':id']['audience-rule'].$get({ param: { id: sync.id } })),
  })
  const title = `Audience at ${platform}`
  return (
    <Card component="section" aria-label={title}>
      <Text fw={600}>{title}</Text>
      <Text size="sm" c="dimmed" mb="md">
        Events fill nothing by themselves: an audience there collects those who have them, by the settings as they are
        saved.
      </Text>
      <Loaded query={rule}>
        {(told) => (
          <Stack gap="md">
            {sync.madeAudience && (
              <div>
                <Text size="sm" mb="xs">
                  Made: <b>{sync.madeAudience.name}</b> ({sync.madeAudience.id})
                </Text>
                <Facts facts={sync.madeAudience.facts} />
              </div>
            )}
            {told.canBeCreated && !sync.madeAudience && <MakeIt syncId={sync.id} platform={platform} />}
            {!sync.madeAudience && <ByHand rule={told} />}
            {told.uncertain.length > 0 && <Uncertain sentences={told.uncertain} />}
          </Stack>
        )}
      </Loaded>
    </Card>
  )
}

function MakeIt({ syncId, platform }: { syncId: string; platform: string }) {
  const mayAct = useMay('operator')
  const make = useAct(() => answer(api.syncs[':id']['create-audience'].$post({ param: { id: syncId } })), {
    tellsErrors: true,
    done: `The audience is made at ${platform}.`,
  })
  return (
    <>
      {make.error && <ProblemAlert error={make.error} />}
      {mayAct && (
        <Group>
          <Button onClick={() => make.mutate()} loading={make.isPending}>
            Create audience
          </Button>
        </Group>
      )}
    </>
  )
}

const ByHand = ({ rule: { steps, canBeCreated } }: { rule: AudienceRule }) => (
  <div>
    <Text size="sm" fw={550} mb={4}>
      {canBeCreated ? 'Or by hand' : 'It is made by hand'}
    </Text>
    <List type="ordered" size="sm" spacing={4}>
      {steps.map((step) => (
        <List.Item key={step}>{step}</List.Item>
      ))}
    </List>
  </div>
)

const Uncertain = ({ sentences }: { sentences: readonly string[] }) => (
  <Alert color="yellow" variant="light" icon={<IconHelpCircle size={20} />} title="What is not certain">
    <List size="sm" spacing={4}>
      {sentences.map((sentence) => (
        <List.Item key={sentence}>{sentence}</List.Item>
      ))}
    </List>
  </Alert>
)
