export { audience } from './audience.ts'
export { housekeeping } from './housekeeping.ts'
export { settle } from './settle.ts'
export { sync } from './sync.ts'
