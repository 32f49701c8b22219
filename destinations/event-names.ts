import { hash } from 'node:crypto'
import { z } from 'zod'
import type { AudienceName } from './define-events.ts'

/** What each event sync sets for itself, at every platform: `{audience}` in a name stands for the audience's name. */
export type EventNames = { readonly addedEvent: string; readonly removedEvent: string }

type Limits = { readonly longest: number; readonly pattern?: RegExp; readonly rule?: string }

/** The two settings, with a platform's usual names and what it takes for a name. Spread into its `syncSettings`. */
export function eventNames(usual: EventNames, { longest, pattern = /^[^\p{C}]+$/u, rule = 'text' }: Limits) {
  const named = (what: string, name: string) =>
    z
      .string()
      .trim()
      .min(1)
      .max(longest)
      .refine((text) => pattern.test(text.replaceAll(place, 'a')), `The name of an event is ${rule}`)
      .default(name)
      .meta({ title: what, description: 'The word {audience} stands for the name of the audience' })
  return {
    addedEvent: named('Event of a join', usual.addedEvent),
    removedEvent: named('Event of a leave', usual.removedEvent),
  }
}

export const usualNames: EventNames = { addedEvent: 'added_to_segment', removedEvent: 'removed_from_segment' }

/** The name under which a join or a leave of this audience is told, of at most `longest` characters. */
export function eventName(
  names: EventNames,
  operation: 'add' | 'remove',
  audience: AudienceName,
  longest: number,
): string {
  const template = operation === 'add' ? names.addedEvent : names.removedEvent
  if (!template.includes(place)) return template
  return template.replaceAll(place, slugOf(audience, longest - template.replaceAll(place, '').length))
}

/**
 * An audience's name in lowercase letters, digits and `_`, and a mark of the audience's own, at most so long: no two
 * audiences get the same, whatever their names.
 */
export function slugOf({ id, name }: AudienceName, longest: number): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  const mark = hash('sha256', id).slice(0, 8)
  const room = Math.max(0, longest - mark.length - 1)
  return `${slug.slice(0, room)}_${mark}`.replace(/_+/g, '_').replace(/^_/, '')
}

const place = '{audience}'
