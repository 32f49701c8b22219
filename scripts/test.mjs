// `npm test`: all tests, or those that the arguments name.
import './stack/node-version.mjs'

import('./stack/run-tests.mjs')
