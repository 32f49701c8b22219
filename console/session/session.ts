import { createContext, use } from 'react'
import type { Role, Session } from '../shapes.ts'

export const SessionContext = createContext<Session | undefined>(undefined)

export function useSession(): Session {
  const session = use(SessionContext)
  if (!session) throw new Error('Only pages behind the sign-in ask for the session.')
  return session
}

const order: readonly Role[] = ['viewer', 'operator', 'admin']

/** Whether the key of this session may do what needs this role: what it may not do is not shown. */
export const useMay = (role: Role): boolean => order.indexOf(useSession().key.role) >= order.indexOf(role)
