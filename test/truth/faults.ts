/** A deliberate fault: exact text of the product, once in its file, and what takes its place. */
export type Fault = {
  readonly name: string
  readonly file: string
  readonly search: string
  readonly replace: string
  /** Where it shows only at one place, histories that go there often. */
  readonly aim?: string
}

/** Each of these must be seen by the truth test. */
export const faults: readonly Fault[] = [
  {
    name: 'acknowledge before sending',
    file: 'activities/upload.ts',
    search: '    const receipt = await connected.opened.upload(full)\n',
    replace: `    const receipt = { state: 'accepted' as const, reference: '1' }
    await store(work, batch, receipt, new Map(), full.members.length)
    await connected.opened.upload(full)
    return
`,
  },
  {
    name: 'forget a batch number',
    file: 'db/queries/number.ts',
    search: "update ledger l set state = 'removing', batch_id = n.batch_id,",
    replace: "update ledger l set state = 'removing', batch_id = null,",
  },
  {
    name: 'trust a stage that was emptied',
    file: 'activities/diff.ts',
    search: "  if (stage && counts.staged !== stage.rows) return 'stage_lost'\n",
    replace: '',
    aim: 'before the diff, postgres',
  },
  {
    name: 'let a late receipt overwrite a newer state',
    file: 'db/queries/upload.ts',
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: text of the product
    search: `delete from ledger where sync_no = \${syncNo} and batch_id = \${batchId} and retry_at is null
      and (state = 'removing' or (state = 'retained' and reason = \${ofBefore}))`,
    replace: 'delete from ledger where sync_no = ${syncNo} and batch_id >= ${batchId}',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: text of the product
  },
  {
    name: 'skip the shared-identifier rule',
    file: 'activities/close-plan.ts',
    search: "  if (delivery.goal === 'match' && sync.keeping === 'mirror') {\n",
    replace: '  if (delivery.counts.held < 0) {\n',
  },
]
