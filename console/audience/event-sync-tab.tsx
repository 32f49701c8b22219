import { IconBroadcast } from '@tabler/icons-react'
import type { Audience } from '../shapes.ts'
import { SyncsOfMode } from './syncs-of-mode.tsx'

/** Where each join and leave of an audience is told as an event. */
export const EventSyncTab = ({ audience }: { audience: Audience }) => (
  <SyncsOfMode
    audience={audience}
    mode="event"
    adding={{ to: `/audiences/${audience.id}/events/new`, word: 'Add an event sync' }}
    none={{
      icon: <IconBroadcast />,
      title: 'Nobody is told by events yet',
      text: 'An event sync tells a destination of each join and each leave. It works for anonymous people too, known only by a cookie, a click or a device.',
    }}
  />
)
