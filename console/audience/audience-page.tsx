import { Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { answer, api } from '../api.ts'
import { Loaded } from '../parts/loaded.tsx'
import { Page } from '../parts/page.tsx'
import { StatusBadge } from '../parts/status-badge.tsx'
import { seldom } from '../queries.ts'
import type { Audience } from '../shapes.ts'
import { AudienceActions } from './audience-actions.tsx'
import { ConfigurationTab } from './configuration-tab.tsx'
import { EventSyncTab } from './event-sync-tab.tsx'
import { ListSyncTab } from './list-sync-tab.tsx'
import { LogsTab } from './logs-tab.tsx'
import { OverviewTab } from './overview-tab.tsx'
import { SchemaTab } from './schema-tab.tsx'

const tabs = [
  { id: 'overview', name: 'Overview', Tab: OverviewTab },
  { id: 'schema', name: 'Schema', Tab: SchemaTab },
  { id: 'syncs', name: 'List Sync', Tab: ListSyncTab },
  { id: 'events', name: 'Event Sync', Tab: EventSyncTab },
  { id: 'configuration', name: 'Configuration', Tab: ConfigurationTab },
  { id: 'logs', name: 'Logs', Tab: LogsTab },
] as const

const trail = [{ name: 'Audiences', to: '/audiences' }]

export default function AudiencePage({ id, tab }: { id: string; tab: string }) {
  const audience = useQuery({
    queryKey: ['audience', id],
    queryFn: () => answer(api.audiences[':id'].$get({ param: { id } })),
    refetchInterval: seldom / 2,
  })
  const { data } = audience
  return (
    <Page
      title={data?.name ?? 'Audience'}
      trail={trail}
      beside={data && <StatusBadge status={data.paused ? 'paused' : data.status} />}
      actions={data && <AudienceActions audience={data} />}
    >
      <Loaded query={audience}>{(found) => <InTabs audience={found} tab={tab} />}</Loaded>
    </Page>
  )
}

function InTabs({ audience, tab }: { audience: Audience; tab: string }) {
  const [, go] = useLocation()
  return (
    <Tabs value={tab} onChange={(to) => go(`/audiences/${audience.id}/${to}`)} keepMounted={false}>
      <Tabs.List mb="lg" style={{ overflowX: 'auto', flexWrap: 'nowrap' }}>
        {tabs.map(({ id, name }) => (
          <Tabs.Tab value={id} key={id}>
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map(({ id, Tab }) => (
        <Tabs.Panel value={id} key={id}>
          <Tab audience={audience} />
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
