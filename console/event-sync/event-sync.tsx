import { Anchor, Button, Card, Select, Stack, Text } from '@mantine/core'
import { IconBroadcast } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { BegunMapping } from '../map-schema/begun-mapping.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { useMay } from '../session/session.ts'
import type { Audience, Destination, Platform, SyncRead } from '../shapes.ts'
import { EventSettings } from './event-settings.tsx'
import { PlatformAudience } from './platform-audience.tsx'

type Props = {
  audience: Audience
  destinations: readonly Destination[]
  platforms: readonly Platform[]
  sync: SyncRead | undefined
}

/** The destination first: what is asked then depends on its platform. */
export function EventSync({ audience, destinations: connected, platforms, sync }: Props) {
  const mayConnect = useMay('admin')
  const withEvents = platforms.filter(({ event }) => event)
  const destinations = connected.filter(({ platform }) => withEvents.some(({ id }) => id === platform))
  const only = destinations.length === 1 ? destinations[0]?.id : undefined
  const [destinationId, setDestinationId] = useState(sync?.destinationId ?? only)
  const destination = destinations.find(({ id }) => id === destinationId)
  const platform = withEvents.find(({ id }) => id === destination?.platform)
  if (audience.fields.length === 0)
    return (
      <EmptyState
        icon="1"
        title="Choose fields first"
        text="Only fields that the audience uses can go with an event."
        action={
          <Button component={Link} href={`/audiences/${audience.id}/schema`}>
            Choose fields
          </Button>
        }
      />
    )
  if (destinations.length === 0)
    return (
      <EmptyState
        icon={<IconBroadcast />}
        title="Connect a destination that takes events first"
        text={`Events are taken by ${withEvents.map(({ name }) => name).join(', ')}.${mayConnect ? '' : ' An administrator connects destinations.'}`}
        action={
          mayConnect && (
            <Button component={Link} href="/destinations/new">
              Connect a destination
            </Button>
          )
        }
      />
    )
  return (
    <Stack gap="lg">
      <Card>
        {sync ? (
          <Text>
            Joins and leaves are told to{' '}
            <Anchor component={Link} href={`/destinations/${sync.destinationId}`} fw={600}>
              {sync.destination.name}
            </Anchor>
            .
          </Text>
        ) : (
          <Select
            label="Destination"
            description="Only destinations whose platform takes events"
            placeholder="Choose"
            data={destinations.map(({ id, name }) => ({ value: id, label: name }))}
            value={destinationId ?? null}
            onChange={(id) => setDestinationId(id ?? undefined)}
            allowDeselect={false}
            maw={420}
          />
        )}
        {sync?.onlyChanges && (
          <Text size="sm" mt="md">
            Whoever is in at the next run counts as announced: only changes after it are told.
          </Text>
        )}
      </Card>
      {destination && platform?.event && (
        <BegunMapping
          key={`${destination.id} ${sync?.version}`}
          audience={audience}
          platform={platform.id}
          mode="event"
          saved={sync?.mapping}
        >
          {(begin, size) => (
            <EventSettings
              audience={audience}
              destination={destination}
              platform={platform}
              sync={sync}
              begin={begin}
              size={size}
            />
          )}
        </BegunMapping>
      )}
      {sync && <PlatformAudience sync={sync} platform={platform?.name ?? sync.destination.platform} />}
    </Stack>
  )
}
