import { z } from 'zod'

/*
 * An audience of the Admin API, v1alpha, as Google's protocol describes it. Keys that are none are refused; those that
 * Google alone writes are passed over.
 */

/** A dimension or metric; one of the property's own has its scope before it, such as `customUser:`. */
const fieldName = z.string().regex(/^[A-Za-z]\w*(:[A-Za-z]\w*)?$/, 'is no name of a field')

const numericValue = z.union([
  z.strictObject({ int64Value: z.union([z.string().regex(/^-?\d+$/), z.int()]) }),
  z.strictObject({ doubleValue: z.number() }),
])

function isRegExp(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}

const matchTypes = ['EXACT', 'BEGINS_WITH', 'ENDS_WITH', 'CONTAINS', 'FULL_REGEXP'] as const
const filters = {
  stringFilter: z
    .strictObject({
      matchType: z.enum(matchTypes),
      value: z.string().min(1),
      caseSensitive: z.boolean().optional(),
    })
    .refine(({ matchType, value }) => matchType !== 'FULL_REGEXP' || isRegExp(value), {
      message: 'value is no regular expression',
    }),
  inListFilter: z.strictObject({ values: z.array(z.string()).min(1), caseSensitive: z.boolean().optional() }),
  numericFilter: z.strictObject({ operation: z.enum(['EQUAL', 'LESS_THAN', 'GREATER_THAN']), value: numericValue }),
  betweenFilter: z.strictObject({ fromValue: numericValue, toValue: numericValue }),
}

/** Exactly one of the keys. */
const oneOf =
  (...keys: readonly string[]) =>
  (value: object) =>
    keys.filter((key) => key in value).length === 1
const said = (...keys: readonly string[]) => ({ message: `needs exactly one of ${keys.join(', ')}` })

const filterKeys = Object.keys(filters)
const dimensionOrMetricFilter = z
  .strictObject({
    fieldName,
    atAnyPointInTime: z.boolean().optional(),
    inAnyNDayPeriod: z.int().min(1).max(60).optional(),
    stringFilter: filters.stringFilter.optional(),
    inListFilter: filters.inListFilter.optional(),
    numericFilter: filters.numericFilter.optional(),
    betweenFilter: filters.betweenFilter.optional(),
  })
  .refine(oneOf(...filterKeys), said(...filterKeys))
export type DimensionFilter = z.infer<typeof dimensionOrMetricFilter>

const eventFilter = z.strictObject({
  eventName: z.string().min(1),
  eventParameterFilterExpression: z.looseObject({ andGroup: z.unknown() }).optional(),
})

const leafKeys = ['dimensionOrMetricFilter', 'notExpression', 'eventFilter'] as const
const leaf = z
  .strictObject({
    dimensionOrMetricFilter: dimensionOrMetricFilter.optional(),
    notExpression: z.strictObject({ dimensionOrMetricFilter }).optional(),
    eventFilter: eventFilter.optional(),
  })
  .refine(oneOf(...leafKeys), said(...leafKeys))
export type Leaf = z.infer<typeof leaf>

/** At the top an AND of ORs, and nothing else. */
const filterExpression = z.strictObject({
  andGroup: z.strictObject({
    filterExpressions: z
      .array(z.strictObject({ orGroup: z.strictObject({ filterExpressions: z.array(leaf).min(1) }) }))
      .min(1),
  }),
})

const scope = z.enum([
  'AUDIENCE_FILTER_SCOPE_WITHIN_SAME_EVENT',
  'AUDIENCE_FILTER_SCOPE_WITHIN_SAME_SESSION',
  'AUDIENCE_FILTER_SCOPE_ACROSS_ALL_SESSIONS',
])
const simpleFilter = z.strictObject({ scope, filterExpression }).refine(
  (filter) =>
    filter.scope === 'AUDIENCE_FILTER_SCOPE_ACROSS_ALL_SESSIONS' ||
    filter.filterExpression.andGroup.filterExpressions
      .flatMap(({ orGroup }) => orGroup.filterExpressions)
      .map((each) => each.dimensionOrMetricFilter ?? each.notExpression?.dimensionOrMetricFilter)
      .every((each) => each?.atAnyPointInTime === undefined && each?.inAnyNDayPeriod === undefined),
  { message: 'atAnyPointInTime and inAnyNDayPeriod are for filters across all sessions' },
)

const sequenceFilter = z.strictObject({
  scope,
  sequenceMaximumDuration: z.string().optional(),
  sequenceSteps: z
    .array(
      z.strictObject({
        scope,
        immediatelyFollows: z.boolean().optional(),
        constraintDuration: z.string().optional(),
        filterExpression,
      }),
    )
    .min(1),
})

const filterClause = z
  .strictObject({
    clauseType: z.enum(['INCLUDE', 'EXCLUDE']),
    simpleFilter: simpleFilter.optional(),
    sequenceFilter: sequenceFilter.optional(),
  })
  .refine(oneOf('simpleFilter', 'sequenceFilter'), said('simpleFilter', 'sequenceFilter'))
export type FilterClause = z.infer<typeof filterClause>

const passedOver = z.unknown().optional()
const writtenByGoogle = { name: passedOver, adsPersonalizationEnabled: passedOver, createTime: passedOver }

export const audienceBody = z
  .strictObject({
    displayName: z.string().trim().min(1),
    description: z.string().min(1),
    membershipDurationDays: z.int().min(1).max(540),
    eventTrigger: z
      .strictObject({
        eventName: z.string().min(1),
        logCondition: z.enum(['AUDIENCE_JOINED', 'AUDIENCE_MEMBERSHIP_RENEWED']),
      })
      .optional(),
    exclusionDurationMode: z.enum(['EXCLUDE_TEMPORARILY', 'EXCLUDE_PERMANENTLY']).optional(),
    filterClauses: z.array(filterClause).min(1),
    ...writtenByGoogle,
  })
  .transform(({ name: _, adsPersonalizationEnabled: __, createTime: ___, ...own }) => own)
export type AudienceBody = z.infer<typeof audienceBody>
