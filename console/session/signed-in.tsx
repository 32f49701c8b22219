import { Center, Loader } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { answer, api } from '../api.ts'
import { ProblemAlert } from '../parts/problem-alert.tsx'
import { Problem } from '../problem.ts'
import { SessionContext } from './session.ts'
import { SignInPage } from './sign-in-page.tsx'

/** Shows its children to whoever has a session, and else the page to begin one. */
export function SignedIn({ children }: { children: ReactNode }) {
  const session = useQuery({
    queryKey: ['session'],
    queryFn: () => answer(api.session.$get()),
    staleTime: 60_000,
    refetchInterval: 5 * 60_000,
  })
  if (session.error instanceof Problem && session.error.status === 401) return <SignInPage />
  if (session.data) return <SessionContext value={session.data}>{children}</SessionContext>
  return (
    <Center mih="100vh" p="md">
      {session.error ? <ProblemAlert error={session.error} /> : <Loader type="dots" aria-label="Loading" />}
    </Center>
  )
}
