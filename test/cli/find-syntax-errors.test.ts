import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { findSyntaxErrors } from '../../src/cli/check-config/find-syntax-errors.ts'
import { temporaryFolder } from './lifeguard-process.ts'

describe('findSyntaxErrors', () => {
  const folder = temporaryFolder()
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  it('parses several modules at once, and returns the results in their order', async () => {
    const modules = Array.from({ length: 9 }, (_, at) => write(`${at}.mjs`, at % 4 === 2 ? 'export const = 1' : 'export const a = 1'))
    const results = await findSyntaxErrors(modules, {}, { parallel: 3 })
    assert.deepEqual(
      results.map(({ path, problem }) => [path, typeof problem === 'object']),
      modules.map((path, at) => [path, at % 4 === 2]),
    )
  })

  it('tells a module that takes too long from one with an error', async () => {
    // A module that is loaded before each one, and never ends.
    const endless = write(
      'endless.mjs',
      `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(join(folder, 'loaded'))}, ''); while (true);`,
    )
    const modules = [write('good.mjs', 'export const a = 1'), write('bad.mjs', 'export const = 1')]
    const results = await findSyntaxErrors(modules, { NODE_OPTIONS: `--import=${endless}` }, { parallel: 2, moduleMs: 1500 })
    assert.deepEqual(
      results.map(({ problem }) => problem),
      ['timeout', 'timeout'],
    )
    assert.ok(existsSync(join(folder, 'loaded')))
  })
})
