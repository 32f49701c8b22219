import { z } from '@hono/zod-openapi'
import type { Problem } from '../db/schema/columns.ts'

/** A moment as ISO 8601 in UTC. */
export const iso = (at: Date | string): string => new Date(at).toISOString()
export const isoOrNull = (at: Date | string | null): string | null => (at === null ? null : iso(at))

export const moment = z.string().openapi({ format: 'date-time', example: '2026-11-24T08:00:00.000Z' })
export const id = z.string().openapi({ format: 'uuid' })

/** What is wrong with a thing: whose move it is and what to do next. */
export const standingProblem = z
  .object({ code: z.string(), what: z.string(), whose: z.string(), next: z.string(), at: moment })
  .openapi('StandingProblem')

export const presentProblem = (problem: Problem | null) => problem
