import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const project = join(import.meta.dirname, '../..')
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: project })
const documents = listed
  .toString()
  .trim()
  .split('\n')
  .filter((name) => existsSync(join(project, name)))

/** The links of a document to files of the project: without code, addresses of the web and the place in the page. */
function linksOf(name: string): string[] {
  const text = readFileSync(join(project, name), 'utf8')
    .replace(/^```.*?^```$/gms, '')
    .replace(/`[^`\n]*`/g, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => !/^(https?:|mailto:|#)/.test(target)).map((target) => target.replace(/#.*$/, ''))
}

it.each(documents)('%s links to nothing that is not there', (name) => {
  for (const link of linksOf(name)) {
    const file = resolve(project, dirname(name), link)
    expect(existsSync(file), `${name} links to ${link}`).toBe(true)
    expect(file.startsWith(project), `${name} links out of the project: ${link}`).toBe(true)
  }
})

it('every document for readers is reached from the index', () => {
  const index = linksOf('docs/README.md').map((link) => resolve(project, 'docs', link))
  const docs = documents.filter((name) => name.startsWith('docs/') && name !== 'docs/README.md')
  expect(docs.length).toBeGreaterThan(3)
  for (const name of docs) expect(index, name).toContain(join(project, name))
})

it('the documents name only folders and commands that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  for (const name of documents) {
    const text = readFileSync(join(project, name), 'utf8')
    for (const [, script = ''] of text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g))
      expect(script in scripts, `${name}: npm run ${script}`).toBe(true)
  }
  const folders = /^## The house\n\n(.*)$/m.exec(readFileSync(join(project, 'README.md'), 'utf8'))?.[1] ?? ''
  for (const [, folder = ''] of folders.matchAll(/`(\w+)\/`/g))
    expect(statSync(join(project, folder)).isDirectory()).toBe(true)
})
