import { log, setDefaultSignalHandler } from '@temporalio/workflow'

/** Without it a misspelt signal would be kept for ever and nobody told. */
export function tellUnknownSignals(): void {
  setDefaultSignalHandler((name) => log.warn(`signal ignored: there is no signal "${name.slice(0, 60)}"`))
}
