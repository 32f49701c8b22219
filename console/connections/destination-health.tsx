import { Anchor, Card, Group, Progress, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { answer, api } from '../api.ts'
import { count } from '../parts/count.ts'
import { lasting } from '../parts/in-words.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Moment } from '../parts/moment.tsx'
import { seldom } from '../queries.ts'
import type { Destination, Platform } from '../shapes.ts'

const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' })

/** The day on which a version of a platform's API ends, and how long that is away, where the platform has told. */
function endOf({ sunset, daysLeft }: Platform['api']): string {
  if (sunset === null) return 'no end announced'
  const day = Number.isNaN(Date.parse(sunset)) ? sunset : date.format(new Date(sunset))
  return daysLeft === null ? `until ${day}` : `until ${day}, in ${count(daysLeft)} days`
}

/** What an account is, how full its quotas are, and how long its API version lives. */
export function DestinationHealth({
  destination,
  platform,
}: {
  destination: Destination
  platform: Platform | undefined
}) {
  const health = useQuery({
    queryKey: ['health', destination.id],
    queryFn: () => answer(api.destinations[':id'].health.$get({ param: { id: destination.id } })),
    refetchInterval: seldom,
  })
  return (
    <Card component="section" aria-label="Health">
      <Stack gap="sm">
        <Title order={2}>Health</Title>
        <Fact name="Account">
          {platform?.name ?? destination.platform} {destination.account}
        </Fact>
        {platform && (
          <Fact name="API version">
            {platform.api.version}, {endOf(platform.api)}
            {' · '}
            <Anchor href={platform.api.docs} target="_blank" rel="noreferrer" size="sm" underline="always">
              its documentation
            </Anchor>
          </Fact>
        )}
        <Fact name="Credentials set">{destination.credentials.join(', ') || 'none'}</Fact>
        <Loaded query={health} rows={1}>
          {({ quotas }) =>
            quotas.map((quota) => (
              <Fact name="Quota in use" key={quota.key}>
                <Group gap="sm" wrap="nowrap" component="span">
                  <Progress
                    component="span"
                    value={quota.usedPercent}
                    w={140}
                    color={quota.usedPercent > 80 ? 'orange' : 'teal'}
                    aria-label="Quota in use"
                  />
                  <span className="numbers">
                    {quota.usedPercent} % of {count(quota.limit)} requests in {lasting(quota.windowMs)}
                    {quota.blockedUntil && (
                      <>
                        {' '}
                        · opens again <Moment at={quota.blockedUntil} />
                      </>
                    )}
                  </span>
                </Group>
              </Fact>
            ))
          }
        </Loaded>
      </Stack>
    </Card>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <Group gap="md" align="flex-start">
    <Text size="sm" c="dimmed" w={130}>
      {name}
    </Text>
    <Text size="sm" component="div">
      {children}
    </Text>
  </Group>
)
