import { once } from 'node:events'
import { parseArgs } from 'node:util'
import type { Identifiers } from '../destinations/define.ts'
import { accountSide, platformOf } from '../destinations/index.ts'
import { isPhoneCountry } from '../identity/phone.ts'
import { normaliseBy, type Rule, sentBy } from '../identity/prepare.ts'

/**
 * What the product would send for each value on standard input, without a platform or a database:
 *   npm run -s identify -- <platform> <IDENTIFIER> [--country XX] [--setting NAME=VALUE]
 * One value a line (a JSON string, or plain text), one JSON object a line: {"input","normalised","sent","reason"}.
 */

class UsageError extends Error {}

const CHUNK_CHARACTERS = 65_536

async function main(): Promise<void> {
  const { rule, ...reading } = await ruleOf(process.argv.slice(2))
  let lines = ''
  for await (const line of linesOf(process.stdin)) {
    lines += `${JSON.stringify(identified(rule, valueOn(line), reading))}\n`
    if (lines.length < CHUNK_CHARACTERS) continue
    if (!process.stdout.write(lines)) await once(process.stdout, 'drain')
    lines = ''
  }
  process.stdout.write(lines)
}

type Reading = { readonly country: string | undefined; readonly settings: Readonly<Record<string, string>> }

async function ruleOf(argv: readonly string[]): Promise<Reading & { rule: Rule }> {
  const { positionals, values } = argumentsIn(argv)
  const [platform = '', name = ''] = positionals
  if (positionals.length !== 2)
    throw new UsageError('Usage: npm run -s identify -- <platform> <IDENTIFIER> [--country XX] [--setting NAME=VALUE]')
  const known = await identifiersOf(platform)
  const rule = Object.hasOwn(known, name) ? known[name] : undefined
  if (rule === undefined) {
    throw new UsageError(
      `There is no identifier "${name}" at ${platform}. Known are: ${Object.keys(known).join(', ')}.`,
    )
  }
  const country = values.country?.toUpperCase()
  if (country !== undefined && !isPhoneCountry(country)) {
    throw new UsageError(`"${country}" is not a country whose phone numbers are known: use a code such as US or DE.`)
  }
  return { rule, country, settings: Object.fromEntries((values.setting ?? []).map(settingIn)) }
}

function argumentsIn(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { country: { type: 'string' }, setting: { type: 'string', multiple: true } },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function settingIn(text: string): [name: string, value: string] {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`"${text}" is no setting: write --setting NAME=VALUE.`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** A platform's identifiers of lists, and those of its events and files where its folder has some. */
async function identifiersOf(platform: string): Promise<Identifiers> {
  const { identifiers } = destinationIn(platform)
  const folder: { eventIdentifiers?: Identifiers; fileIdentifiers?: Identifiers } = await import(
    `../destinations/${platform}/identifiers.ts`
  )
  return { ...identifiers, ...folder.eventIdentifiers, ...folder.fileIdentifiers }
}

function destinationIn(platform: string) {
  try {
    return accountSide(platformOf(platform))
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** Lines without their end (\n or \r\n); text after the last end is a line, nothing is none. */
async function* linesOf(input: NodeJS.ReadStream): AsyncGenerator<string> {
  input.setEncoding('utf8')
  let rest = ''
  for await (const chunk of input) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

/** The value on a line: of a JSON string what it says, else the text as it is. */
function valueOn(line: string): string {
  if (!line.includes('"')) return line.endsWith('\r') ? line.slice(0, -1) : line
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'string') return value
  } catch {
    // Not JSON, so it is plain text with a quote in it.
  }
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

function identified(rule: Rule, input: string, { country, settings }: Reading) {
  const normalised = normaliseBy(rule, input, country, settings)
  if (typeof normalised !== 'string') return { input, normalised: null, sent: null, reason: normalised.reason }
  if (normalised === '') return { input, normalised, sent: null, reason: 'empty' }
  return { input, normalised, sent: sentBy(rule, normalised), reason: null }
}

// A reader that has seen enough (`| head`) closes the pipe: no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
