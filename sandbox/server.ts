// The way in for others. Inside, `main.ts` takes the file behind it: the linter keeps all of sandbox/ away from any server.ts.
export type { RunningSandbox } from './start-sandbox.ts'
export { startSandbox } from './start-sandbox.ts'
