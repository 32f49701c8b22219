import { opaqueId } from '../../../identity/opaque-id.ts'

// Both cookies begin alike: fb, where in the domain's name it was set, when (unix time). Newer ones end in a word more.
const HEAD = 'fb\\.\\d{1,2}\\.\\d{10,14}\\.'

/** Cookie `_fbp` of a browser. */
export const browserId = opaqueId(
  new RegExp(`^${HEAD}\\d{1,30}(\\.[\\w-]{1,40})?$`),
  'no _fbp cookie, such as fb.1.1789990000000.1234567890',
)

/** Cookie `_fbc` of a browser that came by a click on an ad; case counts. */
export const clickId = opaqueId(
  new RegExp(`^${HEAD}[\\w-][\\w.-]{0,999}$`),
  'no _fbc cookie, such as fb.1.1789990000000.AbCd',
)
