// `npm start`: installs what is missing, then runs the supervisor, start.ts, in this process.
import './stack/node-version.mjs'

import('./stack/install.mjs')
  .then(({ installDependencies }) => {
    installDependencies()
    return import('tsx/esm/api')
  })
  .then(({ register }) => {
    register()
    return import('./start.ts')
  })
