import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { saidOf } from '../problem.ts'

type Options<T> = {
  /** What to say when it is done. */
  done?: string | ((answer: T) => string)
  /** Where to go, or what else to do then. */
  afterwards?: (answer: T) => void
  /** Whether the page itself tells why it was refused; else a note does. */
  tellsErrors?: boolean
}

/** Something that is done at a click: afterwards everything shown is asked for again. */
export function useAct<T, V = void>(act: (given: V) => Promise<T>, { done, afterwards, tellsErrors }: Options<T> = {}) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: act,
    onSuccess: async (answer) => {
      if (done)
        notifications.show({ message: typeof done === 'string' ? done : done(answer), color: 'teal', autoClose: 4_000 })
      void queries.invalidateQueries()
      afterwards?.(answer)
    },
    onError: (error) => {
      if (tellsErrors) return
      const { detail, next } = saidOf(error)
      notifications.show({ title: detail, message: next, color: 'red', autoClose: 10_000 })
    },
  })
}
