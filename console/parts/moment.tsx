import { inWords } from './in-words.ts'
import { useNow } from './use-now.ts'

const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** A moment by its distance from now; the exact time stands in its title. */
export function Moment({ at, none = '–' }: { at: string | null; none?: string }) {
  const now = useNow()
  if (at === null) return <span>{none}</span>
  const date = new Date(at)
  return (
    <time dateTime={at} title={full.format(date)}>
      {inWords(date.getTime() - now)}
    </time>
  )
}
