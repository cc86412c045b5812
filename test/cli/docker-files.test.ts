import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { repository } from './packed-project.ts'

const linesOf = (name: string) => readFileSync(join(repository, name), 'utf8').split('\n')

it('The build of the container copies only what .dockerignore lets through', () => {
  const allowed = linesOf('.dockerignore').filter((line) => line.startsWith('!'))
  const copies = linesOf('Dockerfile').filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  const copied = copies.flatMap((line) => line.split(/\s+/).slice(1, -1))
  assert.ok(copied.includes('src'))
  assert.deepEqual(
    copied.filter((name) => !allowed.includes(`!${name}`)),
    [],
  )
})
