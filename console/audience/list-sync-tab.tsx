import { IconSend } from '@tabler/icons-react'
import type { Audience } from '../shapes.ts'
import { SyncsOfMode } from './syncs-of-mode.tsx'

/** The lists that an audience is kept in step with. */
export const ListSyncTab = ({ audience }: { audience: Audience }) => (
  <SyncsOfMode
    audience={audience}
    mode="list"
    adding={{ to: `/audiences/${audience.id}/map/new`, word: 'Add a destination' }}
    none={{
      icon: <IconSend />,
      title: 'It fills no list yet',
      text: 'Choose a destination and a list there, then map the audience’s fields to what the platform knows people by.',
    }}
  />
)
