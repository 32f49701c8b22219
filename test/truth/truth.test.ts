import { expect, inject, it } from 'vitest'
import { seekTruth } from './run.ts'

it('holds in the lists exactly who belongs there, whatever happens on the way', { timeout: 900_000 }, async () => {
  const seed = String(Date.now())
  const { divergences, tally } = await seekTruth({
    seed,
    histories: 20,
    together: 20,
    temporalAddress: inject('temporalAddress'),
    workflowBundle: inject('workflowBundle'),
    log: (line) => console.log(`seed ${seed}: ${line}`),
  })
  for (const { history, text } of divergences)
    console.log(`npm run truth -- --seed ${seed} --histories 20 --together 20   (history ${history})\n${text}`)
  console.log(tally.table())
  expect(divergences.map(({ history }) => history)).toEqual([])
})
