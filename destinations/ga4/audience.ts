import { z } from 'zod'
import type { AudienceRule, MadeAudience, WantedAudience } from '../define-events.ts'
import { askAdmin } from './admin.ts'
import { account, type Ga4Connection, type Ga4Sync } from './connection.ts'
import { IN, OUT, statePropertyOf } from './state-property.ts'

type Wanted = WantedAudience<Ga4Sync>

/** The longest that Google keeps somebody in an audience without a new event. */
const LONGEST_DAYS = 540
const PAGE = 200
/** Neither audiences nor dimensions of a property are as many. */
const MOST_PAGES = 20

const audience = z.object({ name: z.string(), displayName: z.string(), description: z.string().optional() })
const dimension = z.object({ parameterName: z.string(), scope: z.string() })
const audiences = z.object({ audiences: z.array(audience).default([]), nextPageToken: z.string().optional() })
const dimensions = z.object({ customDimensions: z.array(dimension).default([]), nextPageToken: z.string().optional() })

/** Makes the user property a dimension of the property, and an audience of whom it is "in"; what an interrupted call made is found. */
export async function createAudience(connection: Ga4Connection, wanted: Wanted): Promise<MadeAudience> {
  const property = statePropertyOf(wanted.audience, wanted.settings)
  const found = await find(connection, '/audiences', audiences, ({ audiences: all }) =>
    all.find(({ description }) => description?.includes(wanted.marker)),
  )
  if (found) return madeOf(found, property)
  const known = await find(connection, '/customDimensions', dimensions, ({ customDimensions: all }) =>
    all.find(({ parameterName, scope }) => parameterName === property && scope === 'USER'),
  )
  if (!known) {
    await askAdmin(connection, {
      method: 'POST',
      path: '/customDimensions',
      body: { parameterName: property, displayName: property, scope: 'USER' },
      reply: z.unknown(),
    })
  }
  const made = await askAdmin(connection, {
    method: 'POST',
    path: '/audiences',
    body: {
      displayName: wanted.audience.name.slice(0, 80),
      description: `Kept by Audience Sync (${wanted.marker})`,
      membershipDurationDays: LONGEST_DAYS,
      filterClauses: [{ clauseType: 'INCLUDE', simpleFilter: filterOf(property) }],
    },
    reply: audience,
  })
  return madeOf(made, property)
}

const madeOf = ({ name, displayName }: z.output<typeof audience>, property: string): MadeAudience => ({
  id: name,
  name: displayName,
  facts: { 'User property': property, 'Members stay': `${LONGEST_DAYS} days after their last event` },
})

/** The latest value counts, as it is not asked for "at any point in time". The API wants any filter inside "and" and "or". */
const filterOf = (property: string) => ({
  scope: 'AUDIENCE_FILTER_SCOPE_ACROSS_ALL_SESSIONS',
  filterExpression: {
    andGroup: {
      filterExpressions: [
        {
          orGroup: {
            filterExpressions: [
              {
                dimensionOrMetricFilter: {
                  fieldName: `customUser:${property}`,
                  stringFilter: { matchType: 'EXACT', value: IN, caseSensitive: true },
                },
              },
            ],
          },
        },
      ],
    },
  },
})

/** Looks through the pages of one of the property's collections. */
async function find<P extends { nextPageToken?: string | undefined }, T>(
  connection: Ga4Connection,
  path: string,
  reply: z.ZodType<P>,
  pick: (page: P) => T | undefined,
): Promise<T | undefined> {
  let token: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = new URLSearchParams({ pageSize: String(PAGE), ...(token !== undefined && { pageToken: token }) })
    const answer = await askAdmin(connection, { method: 'GET', path: `${path}?${query}`, reply })
    const found = pick(answer)
    if (found || !answer.nextPageToken) return found
    token = answer.nextPageToken
  }
  return undefined
}

export function audienceRule(connection: Ga4Connection, { audience: of, settings }: Wanted): AudienceRule {
  const property = statePropertyOf(of, settings)
  return {
    steps: [
      `In Google Analytics open the property of the stream ${account(connection)}, Admin, Custom definitions, and make a custom dimension of the scope User for the user property "${property}".`,
      'Choose Admin, Audiences, New audience, Create a custom audience.',
      `Include users whose "${property}" exactly matches "${IN}", with "at any point" switched off, so that the latest value counts.`,
      'Set the membership duration to the maximum limit.',
      'Link the property to Google Ads for the audience to show there.',
    ],
    uncertain: [
      'Google Analytics answers the same to what it keeps and to what it drops, be the secret wrong or the person unknown: nobody can be told to have arrived.',
      'It only knows people by a client id that its tag has seen on this stream, and counts an event for audiences within 30 days (apps: 42) after their last visit.',
      `A leave sets the property to "${OUT}"; how soon Google Analytics then takes the person out is for Google to say.`,
      'It has no id to tell a repeated event by: after an unanswered request an event can be counted twice, while the property stays right.',
      'It is not certain how many custom dimensions of users a property may have (25 are spoken of): set stateProperty to use one again.',
    ],
  }
}
