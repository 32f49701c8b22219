import { Anchor, Breadcrumbs, Group, Stack, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { Link } from 'wouter'

type Props = {
  title: string
  /** Stands beside the title. */
  beside?: ReactNode
  /** From the outermost place to this one, without it. */
  trail?: readonly { readonly name: string; readonly to: string }[]
  actions?: ReactNode
  children: ReactNode
}

/** A place of the console: where one is, what one can do, what there is. */
export function Page({ title, beside, trail = [], actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Audience Sync`
  }, [title])
  return (
    <Stack gap="lg" maw={1200} mx="auto">
      <Stack gap={6}>
        {trail.length > 0 && (
          <Breadcrumbs separatorMargin={6} component="nav" aria-label="Where this is">
            {trail.map(({ name, to }) => (
              <Anchor component={Link} href={to} key={to} size="sm" c="dimmed">
                {name}
              </Anchor>
            ))}
          </Breadcrumbs>
        )}
        <Group justify="space-between" gap="sm">
          <Group gap="sm">
            <Title order={1}>{title}</Title>
            {beside}
          </Group>
          <Group gap="xs">{actions}</Group>
        </Group>
      </Stack>
      {children}
    </Stack>
  )
}
