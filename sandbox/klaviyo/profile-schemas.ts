import { z } from 'zod'

const word = z.string().nullish()
const coordinate = z.union([z.string(), z.number()]).nullish()
const record = z.record(z.string(), z.unknown())

const described = {
  first_name: word,
  last_name: word,
  organization: word,
  locale: word,
  title: word,
  image: word,
  location: z
    .strictObject({
      address1: word,
      address2: word,
      city: word,
      country: word,
      latitude: coordinate,
      longitude: coordinate,
      region: word,
      zip: word,
      timezone: word,
      ip: word,
    })
    .nullish(),
  properties: record.nullish(),
}

/** `anonymous_id` belongs to events (`event-schemas.ts`), not to profiles. */
export const profileAttributes = z.strictObject({
  email: word,
  phone_number: word,
  external_id: word,
  _kx: word,
  ...described,
})
export type ProfileAttributes = z.infer<typeof profileAttributes> & { anonymous_id?: string | null | undefined }

export const meta = z
  .strictObject({
    patch_properties: z
      .strictObject({
        append: record.nullish(),
        unappend: record.nullish(),
        unset: z.union([z.string(), z.array(z.string())]).nullish(),
      })
      .optional(),
    patch_identifiers: z.looseObject({}).optional(),
  })
  .optional()
export type ProfileMeta = z.infer<typeof meta>

const profileType = z.literal('profile')
const { _kx, ...withoutExchangeId } = profileAttributes.shape

export const createBody = z.strictObject({
  data: z.strictObject({ type: profileType, attributes: profileAttributes, meta }),
})

export const upsertedProfile = z.strictObject({
  type: profileType,
  id: word,
  attributes: profileAttributes,
  meta,
})
export type UpsertedProfile = z.infer<typeof upsertedProfile>
export const upsertBody = z.strictObject({ data: upsertedProfile })

export const updateBody = z.strictObject({
  data: z.strictObject({
    type: profileType,
    id: z.string(),
    attributes: z.strictObject(withoutExchangeId),
    meta,
  }),
})

export const listReference = z.strictObject({ type: z.literal('list'), id: z.string() })

export const importBody = z.strictObject({
  data: z.strictObject({
    type: z.literal('profile-bulk-import-job'),
    attributes: z.strictObject({ profiles: z.strictObject({ data: z.array(upsertedProfile) }) }),
    relationships: z
      .strictObject({ lists: z.strictObject({ data: z.array(listReference).optional() }).optional() })
      .optional(),
  }),
})

export const memberIdsBody = z.strictObject({
  data: z.array(z.strictObject({ type: profileType, id: z.string() })),
})

export const mergeBody = z.strictObject({
  data: z.strictObject({
    type: z.literal('profile-merge'),
    id: z.string(),
    relationships: z.strictObject({
      profiles: z.strictObject({ data: z.array(z.strictObject({ type: profileType, id: z.string() })) }),
    }),
  }),
})

export const deletionBody = z.strictObject({
  data: z.strictObject({
    type: z.literal('data-privacy-deletion-job'),
    attributes: z.strictObject({
      profile: z.strictObject({
        data: z.strictObject({
          type: profileType,
          id: word,
          attributes: z.strictObject({ email: word, phone_number: word }).optional(),
        }),
      }),
    }),
  }),
})
