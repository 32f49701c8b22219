import { NavLink, Stack } from '@mantine/core'
import { IconDatabase, IconHome, IconKey, IconSend, IconUserSearch, IconUsersGroup } from '@tabler/icons-react'
import { Link, useLocation } from 'wouter'
import { useMay } from '../session/session.ts'

const places = [
  { to: '/', name: 'Home', Icon: IconHome, role: 'viewer' },
  { to: '/audiences', name: 'Audiences', Icon: IconUsersGroup, role: 'viewer' },
  { to: '/destinations', name: 'Destinations', Icon: IconSend, role: 'viewer' },
  { to: '/sources', name: 'Sources', Icon: IconDatabase, role: 'viewer' },
  { to: '/person', name: 'Person', Icon: IconUserSearch, role: 'viewer' },
  { to: '/keys', name: 'API keys', Icon: IconKey, role: 'admin' },
] as const

export function Places() {
  const [place] = useLocation()
  const isAdmin = useMay('admin')
  const isHere = (to: string) =>
    to === '/' ? place === '/' : place.startsWith(to) || (to === '/audiences' && place.startsWith('/runs'))
  return (
    <Stack gap={4}>
      {places
        .filter(({ role }) => role === 'viewer' || isAdmin)
        .map(({ to, name, Icon }) => (
          <NavLink
            key={to}
            renderRoot={(props) => <Link href={to} {...props} />}
            label={name}
            leftSection={<Icon size={20} stroke={1.6} aria-hidden />}
            active={isHere(to)}
            aria-current={isHere(to) ? 'page' : undefined}
            bdrs="md"
          />
        ))}
    </Stack>
  )
}
