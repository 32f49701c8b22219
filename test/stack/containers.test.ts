import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { searchAttributes } from '../../scripts/stack/temporal.ts'
import { searchAttributes as usedByWorkflows } from '../../workflows/names.ts'

const read = (name: string) => readFileSync(join(import.meta.dirname, '../..', name), 'utf8')
const compose = read('docker-compose.yml')

it('makes every search attribute that the workflows set, embedded or composed', () => {
  expect(Object.keys(searchAttributes).sort()).toEqual(Object.values(usedByWorkflows).sort())
  for (const [name, type] of Object.entries(searchAttributes)) expect(compose).toContain(`${name}=${type}`)
})

it('pins every image to a version', () => {
  const images = [...`${compose}\n${read('Dockerfile')}`.matchAll(/^(?:\s*image:|FROM) (\S+)/gm)].map(
    ([, image]) => image,
  )
  expect(images.length).toBeGreaterThan(5)
  for (const image of images) if (image !== 'dependencies') expect(image).toMatch(/:\d+\.\d+/)
})

it('names every required setting in .env.example', () => {
  const required = [...compose.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name)
  expect(new Set(required)).toEqual(new Set(['POSTGRES_PASSWORD', 'ENCRYPTION_KEY', 'ADMIN_API_KEY']))
  for (const name of required) expect(read('.env.example')).toMatch(new RegExp(`^${name}=`, 'm'))
})

it('copies into the image every folder that server and worker need, and no data or secrets', () => {
  const copied = [...read('.dockerignore').matchAll(/^!(\S+)/gm)].map(([, path]) => path)
  expect(copied).toEqual(
    expect.arrayContaining(['server.ts', 'worker.ts', 'api', 'db', 'activities', 'workflows', 'identity']),
  )
  for (const path of ['.env', '.data', 'node_modules', 'test']) expect(copied).not.toContain(path)
})
