import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { sentOf, vectorsOf } from './vectors.ts'

/** Runs the command as `npm run identify` does; `lines` go to its standard input. */
async function identify(args: readonly string[], input = '') {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/identify.ts', ...args])
  child.stdin.end(input)
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, error, code] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  return {
    answers: out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
    error,
    code,
  }
}

describe('npm run identify', () => {
  it.each(['EMAIL', 'DOB', 'MADID'])('answers the vectors of %s', async (key) => {
    const vectors = vectorsOf('meta').filter((vector) => vector.key === key)
    const { answers } = await identify(['meta', key], vectors.map(({ input }) => `${JSON.stringify(input)}\n`).join(''))
    expect(answers.map(({ input, normalised, sent }) => ({ input, normalised, sent }))).toEqual(
      vectors.map((vector) => ({ input: vector.input, normalised: vector.normalised, sent: sentOf(vector) })),
    )
  })

  it('reads plain text as it is, JSON strings as what they say, and a last line without an end', async () => {
    const { answers, code } = await identify(['meta', 'EXTERN_ID'], 'plain "x"\r\n" spaced\\n"\n\n"\\ud800"\n123')
    expect(answers).toEqual([
      { input: 'plain "x"', normalised: 'plain "x"', sent: 'plain "x"', reason: null },
      { input: ' spaced\n', normalised: ' spaced\n', sent: ' spaced\n', reason: null },
      { input: '', normalised: '', sent: null, reason: 'empty' },
      { input: '\ud800', normalised: null, sent: null, reason: 'a broken character' },
      { input: '123', normalised: '123', sent: '123', reason: null },
    ])
    expect(code).toBe(0)
  })

  it('takes a default country', async () => {
    const { answers } = await identify(['meta', 'PHONE', '--country', 'US'], '(650)555-1212\n')
    expect(answers[0]?.normalised).toBe('16505551212')
  })

  it.each([
    [['nowhere', 'EMAIL'], 'Known are: '],
    [['meta', 'SHOE_SIZE'], 'Known are: EMAIL, PHONE'],
    [['meta', 'PHONE', '--country', 'XX'], 'not a country'],
    [['meta'], 'Usage'],
  ])('says in one sentence what is wrong with %j', async (args, sentence) => {
    const { error, code } = await identify(args)
    expect(error).toContain(sentence)
    expect(error.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
  })
})
