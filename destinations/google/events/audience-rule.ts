import type { AudienceRule, WantedAudience } from '../../define-events.ts'
import type { GoogleConnection } from '../connection.ts'
import { IN, OUT, statePropertyOf } from './state-property.ts'
import type { SyncSettings } from './sync-settings.ts'

/** An audience of Google Analytics on the user property, whose latest value counts. */
export function audienceRule(
  { settings }: GoogleConnection,
  { audience, settings: ofSync }: WantedAudience<SyncSettings>,
): AudienceRule {
  const property = statePropertyOf(audience, ofSync)
  return {
    steps: [
      `In Google Analytics open property ${settings.gaPropertyId ?? 'of this destination'}, Admin, Custom definitions, and make a custom dimension of the scope User for the user property "${property}".`,
      'Choose Admin, Audiences, New audience, Create a custom audience.',
      `Include users whose "${property}" exactly matches "${IN}", with "at any point" switched off, so that the latest value counts.`,
      'Link the property to Google Ads for the audience to show there.',
    ],
    uncertain: [
      `A leave sets the property to "${OUT}"; how soon Google Analytics then takes the person out is for Google to say.`,
      'Google Analytics only knows people by a client id that its tag has seen on the site, and counts an event for audiences within 30 days after their last visit.',
      'It is not certain how many custom dimensions of users a property may have: set stateProperty to use one again.',
      'Without transaction ids Google has no id to tell a repeated event by: after an unanswered request an event can be counted twice, while the property stays right.',
    ],
  }
}
