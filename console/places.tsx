import { Center, Loader } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { Route, Switch } from 'wouter'
import { Frame } from './frame/frame.tsx'
import { NothingHere } from './frame/nothing-here.tsx'
import { HomePage } from './home/home-page.tsx'

const AudienceListPage = lazy(() => import('./audience-list/audience-list-page.tsx'))
const NewAudiencePage = lazy(() => import('./new-audience/new-audience-page.tsx'))
const AudiencePage = lazy(() => import('./audience/audience-page.tsx'))
const MapSchemaPage = lazy(() => import('./map-schema/map-schema-page.tsx'))
const EventSyncPage = lazy(() => import('./event-sync/event-sync-page.tsx'))
const RunPage = lazy(() => import('./run/run-page.tsx'))
const DestinationListPage = lazy(() => import('./connections/destination-list-page.tsx'))
const ConnectDestinationPage = lazy(() => import('./connections/connect-destination-page.tsx'))
const DestinationPage = lazy(() => import('./connections/destination-page.tsx'))
const SourceListPage = lazy(() => import('./connections/source-list-page.tsx'))
const ConnectSourcePage = lazy(() => import('./connections/connect-source-page.tsx'))
const SourcePage = lazy(() => import('./connections/source-page.tsx'))
const PersonPage = lazy(() => import('./person/person-page.tsx'))
const KeysPage = lazy(() => import('./keys/keys-page.tsx'))

const waiting = (
  <Center h={200}>
    <Loader type="dots" aria-label="Loading" />
  </Center>
)

/** Every place of the console; all but the first are fetched when somebody goes there. */
export const Places = () => (
  <Frame>
    <Suspense fallback={waiting}>
      <Switch>
        <Route path="/" component={HomePage} />
        <Route path="/audiences" component={AudienceListPage} />
        <Route path="/audiences/new" component={NewAudiencePage} />
        <Route path="/audiences/:id/map/:syncId">
          {({ id, syncId }) => <MapSchemaPage id={id} syncId={syncId === 'new' ? undefined : syncId} />}
        </Route>
        <Route path="/audiences/:id/events/:syncId">
          {({ id, syncId }) => <EventSyncPage key={syncId} id={id} syncId={syncId === 'new' ? undefined : syncId} />}
        </Route>
        <Route path="/audiences/:id/:tab?">
          {({ id, tab }) => <AudiencePage key={id} id={id} tab={tab ?? 'overview'} />}
        </Route>
        <Route path="/runs/:id">{({ id }) => <RunPage id={id} />}</Route>
        <Route path="/destinations" component={DestinationListPage} />
        <Route path="/destinations/new" component={ConnectDestinationPage} />
        <Route path="/destinations/:id">{({ id }) => <DestinationPage id={id} />}</Route>
        <Route path="/sources" component={SourceListPage} />
        <Route path="/sources/new" component={ConnectSourcePage} />
        <Route path="/sources/:id">{({ id }) => <SourcePage id={id} />}</Route>
        <Route path="/person" component={PersonPage} />
        <Route path="/keys" component={KeysPage} />
        <Route component={NothingHere} />
      </Switch>
    </Suspense>
  </Frame>
)
