import { AppShell, Burger, Group, Image, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type ReactNode, useEffect } from 'react'
import { Link, useLocation } from 'wouter'
import icon from '../icon.svg'
import { AccountMenu } from './account-menu.tsx'
import { Places } from './places-menu.tsx'
import { SchemeSwitch } from './scheme-switch.tsx'

/** What stands around every page. */
export function Frame({ children }: { children: ReactNode }) {
  const [opened, { toggle, close }] = useDisclosure()
  const [place] = useLocation()
  // biome-ignore lint/correctness/useExhaustiveDependencies: wherever one goes, the menu closes
  useEffect(close, [place])
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'md', sm: 'xl' }}
    >
      <a className="skip" href="#content">
        To the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <Group gap={10} wrap="nowrap" td="none" renderRoot={(props) => <Link href="/" {...props} />}>
              <Image src={icon} w={28} h={28} alt="" />
              <Text fw={650} size="lg">
                Audience Sync
              </Text>
            </Group>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SchemeSwitch />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm">
        <Places />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        {children}
      </AppShell.Main>
    </AppShell>
  )
}
