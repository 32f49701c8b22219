import { expect, it } from 'vitest'
import { listSideOf } from '../../destinations/index.ts'
import { sunsetWarning } from '../../destinations/sunset.ts'

const linkedin = listSideOf('linkedin')
const meta = listSideOf('meta')
const klaviyo = listSideOf('klaviyo')
const google = listSideOf('google')
const at = (moment: string) => new Date(moment)

it('is silent while the end of a version is more than 60 days away, and warns from then on', () => {
  const settings = { ...linkedinSettings, apiVersion: '202604' }
  expect(sunsetWarning(linkedin, settings, at('2027-02-13T23:59:59Z'))).toBeNull()
  expect(sunsetWarning(linkedin, settings, at('2027-02-14T00:00:00Z'))).toMatchObject({
    code: 'api_sunset',
    daysLeft: 60,
    sunset: '2027-04-15',
    what: 'Version 202604 of the API of LinkedIn ends on 2027-04-15: 60 days are left.',
    next: expect.stringContaining('apiVersion'),
  })
  expect(sunsetWarning(linkedin, settings, at('2027-04-14T12:00:00Z'))?.what).toContain('1 day is left')
  expect(sunsetWarning(linkedin, settings, at('2027-04-20T00:00:00Z'))).toMatchObject({
    daysLeft: -5,
    what: 'Version 202604 of the API of LinkedIn ended on 2027-04-15.',
  })
})

it('goes by the version that the account has chosen', () => {
  const now = at('2027-02-01T00:00:00Z')
  expect(sunsetWarning(meta, { ...metaSettings, apiVersion: 'v25.0' }, now)).toMatchObject({ daysLeft: 17 })
  expect(sunsetWarning(meta, { ...metaSettings, apiVersion: 'v26.0' }, now)).toBeNull()
})

it('says nothing where no end is announced', () => {
  const now = at('2030-01-01T00:00:00Z')
  expect(sunsetWarning(klaviyo, {}, now)).toBeNull()
  expect(sunsetWarning(google, {}, now)).toBeNull()
})

const linkedinSettings = { accountId: '512345678', sourcePlatform: 'CRM' }
const metaSettings = { adAccountId: 'act_512345678' }
