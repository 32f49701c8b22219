import { Button, Card, Center, Code, Image, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { createClient } from '../../api/client.ts'
import { answer } from '../api.ts'
import icon from '../icon.svg'
import { ProblemAlert } from '../parts/problem-alert.tsx'

/** The key goes to the server once, in a header, and is kept nowhere: the answer's cookie stands for it. */
export function SignInPage() {
  const queries = useQueryClient()
  const [key, setKey] = useState('')
  const signIn = useMutation({
    mutationFn: () => answer(createClient(location.origin, key.trim()).v1.session.$post()),
    onSuccess: (session) => {
      // What the one before has seen is not for the next.
      queries.removeQueries({ predicate: ({ queryKey: [what] }) => what !== 'session' })
      queries.setQueryData(['session'], session)
    },
  })
  useEffect(() => {
    document.title = 'Sign in · Audience Sync'
  }, [])
  return (
    <Center mih="100vh" p="md" component="main">
      <Card w={420} maw="100%" padding="xl" shadow="sm">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            signIn.mutate()
          }}
        >
          <Stack gap="lg">
            <Image src={icon} w={44} h={44} alt="" />
            <Stack gap={4}>
              <Title order={1}>Audience Sync</Title>
              <Text c="dimmed">Sign in with an API key. This browser then stays signed in for eight hours.</Text>
            </Stack>
            <PasswordInput
              label="API key"
              placeholder="as_…"
              value={key}
              onChange={(event) => setKey(event.currentTarget.value)}
              autoComplete="off"
              data-autofocus
              autoFocus
              required
              withAsterisk={false}
            />
            {signIn.error && <ProblemAlert error={signIn.error} />}
            <Button type="submit" loading={signIn.isPending} fullWidth size="md">
              Sign in
            </Button>
            <Text size="sm" c="dimmed">
              The first key is printed by <Code>npm start</Code>. Further keys, also for those who only look, are made
              by an admin under API keys.
            </Text>
          </Stack>
        </form>
      </Card>
    </Center>
  )
}
