const colours: Record<string, number> = { postgres: 34, temporal: 35, sandbox: 33, worker: 32, server: 36, demo: 90 }
const levels: Record<number, string> = { 40: 'WARN ', 50: 'ERROR ', 60: 'FATAL ' }
const known = new Set(['level', 'time', 'pid', 'hostname', 'name', 'msg', 'v', 'part'])
/** Of use when something went wrong only. */
const forTrouble = new Set(['requestId', 'keyId'])

/** Prints one line of a part of the stack, with the time and the part's name before it. */
export function say(part: string, line: string): void {
  const colour = process.stdout.isTTY ? colours[part] : undefined
  const name = part.padEnd(8)
  const at = new Date().toTimeString().slice(0, 8)
  console.log(`${at} ${colour === undefined ? name : `\x1b[${colour}m${name}\x1b[0m`} ${readable(line)}`)
}

/** A log line in JSON as `LEVEL message key=value`; any other line as it is. */
export function readable(line: string): string {
  const entry = parseEntry(line)
  if (!entry) return line
  const level = typeof entry.level === 'number' ? (levels[entry.level] ?? '') : ''
  const rest = Object.entries(entry).filter(([key]) => !known.has(key) && (level !== '' || !forTrouble.has(key)))
  const values = rest.map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [`${level}${entry.msg ?? ''}`, ...values].join(' ')
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
