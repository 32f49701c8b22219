import { z } from 'zod'
import { meta, profileAttributes } from './profile-schemas.ts'

const word = z.string().nullish()
const profileType = z.literal('profile')
const attributes = z.strictObject({ ...profileAttributes.shape, anonymous_id: word })

const metric = z.strictObject({
  data: z.strictObject({ type: z.literal('metric'), attributes: z.strictObject({ name: z.string(), service: word }) }),
})

const event = z.strictObject({
  properties: z.record(z.string(), z.unknown()),
  time: word,
  value: z.number().nullish(),
  value_currency: word,
  unique_id: word,
  backfill: z.boolean().nullish(),
  metric,
})
export type EventAttributes = z.infer<typeof event>

/** The `meta` of a profile stands among its attributes here, and beside them in a bulk. */
export const eventBody = z.strictObject({
  data: z.strictObject({
    type: z.literal('event'),
    attributes: z.strictObject({
      ...event.shape,
      profile: z.strictObject({
        data: z.strictObject({
          type: profileType,
          id: word,
          attributes: z.strictObject({ ...attributes.shape, meta: meta.nullish() }),
        }),
      }),
    }),
  }),
})

const bulkProfile = z.strictObject({ type: profileType, id: word, attributes, meta: meta.nullish() })
export type EventProfile = z.infer<typeof bulkProfile>

export const eventsBody = z.strictObject({
  data: z.strictObject({
    type: z.literal('event-bulk-create-job'),
    attributes: z.strictObject({
      'events-bulk-create': z.strictObject({
        data: z.array(
          z.strictObject({
            type: z.literal('event-bulk-create'),
            attributes: z.strictObject({
              backfill: z.boolean().nullish(),
              profile: z.strictObject({ data: bulkProfile }),
              events: z.strictObject({
                data: z.array(z.strictObject({ type: z.literal('event'), attributes: event })),
              }),
            }),
          }),
        ),
      }),
    }),
  }),
})
