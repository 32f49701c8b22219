import { Anchor, Button, Card, Group, Select, Stack, Stepper, Text } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { EmptyState } from '../parts/empty-state.tsx'
import { useMay } from '../session/session.ts'
import type { Audience, Destination, Platform, SyncRead } from '../shapes.ts'
import { ChooseList } from './choose-list.tsx'
import { type ChosenList, isChosen } from './chosen-list.ts'
import { MappingStep } from './mapping-step.tsx'

type Props = {
  audience: Audience
  destinations: readonly Destination[]
  platforms: readonly Platform[]
  sync: SyncRead | undefined
}

export function MapSchema({ audience, destinations: connected, platforms, sync }: Props) {
  const withLists = platforms.filter(({ list }) => list).map(({ id }) => id)
  const destinations = connected.filter(({ platform }) => withLists.includes(platform))
  const [, go] = useLocation()
  const mayConnect = useMay('admin')
  const [step, setStep] = useState(sync?.list ? 1 : 0)
  const [destinationId, setDestinationId] = useState(
    sync?.destinationId ?? (destinations.length === 1 ? destinations[0]?.id : undefined),
  )
  const [list, setList] = useState<ChosenList | undefined>(sync?.list ?? { create: audience.name })
  const destination = destinations.find(({ id }) => id === destinationId)
  const platform = platforms.find(({ id }) => id === destination?.platform)
  if (audience.fields.length === 0)
    return (
      <EmptyState
        icon="1"
        title="Choose fields first"
        text="Only fields that the audience uses can be mapped."
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
        icon="1"
        title="Connect a destination first"
        text={
          mayConnect
            ? 'An ad account, or a sandbox account that needs no credentials.'
            : 'An administrator connects destinations.'
        }
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
    <Stepper
      active={step}
      onStepClick={(to) => (to === 0 || (destination && isChosen(list))) && setStep(to)}
      size="sm"
      iconSize={34}
    >
      <Stepper.Step label="List to sync" description={list && ('id' in list ? list.name : `new: ${list.create}`)}>
        <Card mt="md">
          <Stack gap="lg">
            <Select
              label="Destination"
              placeholder="Choose"
              data={destinations.map(({ id, name }) => ({ value: id, label: name }))}
              value={destinationId ?? null}
              onChange={(id) => {
                setDestinationId(id ?? undefined)
                setList({ create: audience.name })
              }}
              disabled={sync !== undefined}
              allowDeselect={false}
              maw={420}
            />
            {destination && (
              <ChooseList
                key={destination.id}
                destination={destination}
                suggestion={audience.name}
                list={list}
                onChange={setList}
              />
            )}
            <Group justify="space-between">
              <Text size="sm" c="dimmed">
                A list belongs to one sync: whoever leaves the audience is removed from it.
              </Text>
              <Button disabled={!destination || !isChosen(list)} onClick={() => setStep(1)}>
                Next
              </Button>
            </Group>
          </Stack>
        </Card>
      </Stepper.Step>
      <Stepper.Step label="Schema Mapping" description="which field is which identifier">
        {destination && platform && isChosen(list) && (
          <MappingStep
            audience={audience}
            destination={destination}
            platform={platform}
            list={list}
            sync={sync}
            done={() => go(`/audiences/${audience.id}/${audience.status === 'draft' ? 'overview' : 'syncs'}`)}
          />
        )}
        {!platform && (
          <Text mt="md">
            The platform of this destination is not known here.{' '}
            <Anchor component={Link} href={`/destinations/${destinationId}`}>
              Look at it
            </Anchor>
          </Text>
        )}
      </Stepper.Step>
    </Stepper>
  )
}
