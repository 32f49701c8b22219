import { ActionIcon, Menu } from '@mantine/core'
import { IconUser } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { answer, api } from '../api.ts'
import { useSession } from '../session/session.ts'

/** Who is signed in, as what, and the way out. */
export function AccountMenu() {
  const { key, temporalUi } = useSession()
  const queries = useQueryClient()
  const signOut = useMutation({
    mutationFn: () => answer(api.session.$delete()),
    onSettled: () => queries.resetQueries(),
  })
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Signed in as ${key.name}, ${key.role}`}>
          <IconUser size={20} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {key.name} · {key.role}
        </Menu.Label>
        <Menu.Item component="a" href="/docs" target="_blank" rel="noreferrer">
          API documentation
        </Menu.Item>
        {temporalUi && (
          <Menu.Item component="a" href={temporalUi} target="_blank" rel="noreferrer">
            Temporal UI
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item onClick={() => signOut.mutate()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
