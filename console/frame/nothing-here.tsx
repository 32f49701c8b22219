import { Button } from '@mantine/core'
import { IconMap2 } from '@tabler/icons-react'
import { Link } from 'wouter'
import { EmptyState } from '../parts/empty-state.tsx'
import { Page } from '../parts/page.tsx'

export const NothingHere = () => (
  <Page title="Nothing is here">
    <EmptyState
      icon={<IconMap2 />}
      title="There is no such page"
      text="What it showed may have been deleted, or the address is not complete."
      action={
        <Button component={Link} href="/">
          Go home
        </Button>
      }
    />
  </Page>
)
