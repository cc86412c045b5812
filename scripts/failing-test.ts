import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Proves that README's test command can fail: runs the `test` script of package.json, set-up and all, on one test file that fails and on
 * one that passes, and looks at its exit codes.
 */
const glob = "'test/**/*.test.ts'"
const readme = readFileSync('README.md', 'utf8')
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const command = scripts['test'] ?? ''

const complaints: string[] = []
if (!readme.includes('npm ci && npm test')) complaints.push('README does not name `npm ci && npm test`.')
if (!command.includes(glob)) complaints.push(`The script "test" of package.json does not run ${glob}.`)

const folder = mkdtempSync(join(tmpdir(), 'lifeguard-failing-test-'))
try {
  const failed = runTests('fails', 'assert.equal(1, 2)')
  if (failed.status === 0) complaints.push('`npm test` exits with 0 although a test fails.')
  if (!/^# fail 1$|ℹ fail 1$/m.test(failed.stdout)) complaints.push(`The failing test was not run:\n${failed.stdout}${failed.stderr}`)
  const passed = runTests('passes', 'assert.equal(1, 1)')
  if (passed.status !== 0) complaints.push(`\`npm test\` fails although every test passes:\n${passed.stdout}${passed.stderr}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

for (const complaint of complaints) console.error(complaint)
process.exitCode = complaints.length === 0 ? 0 : 1

/** The script runs through the shell, as npm runs it. npm has put the project's commands on the PATH. */
function runTests(title: string, assertion: string) {
  const file = join(folder, `${title}.test.mjs`)
  writeFileSync(
    file,
    `import { test } from 'node:test'\nimport assert from 'node:assert/strict'\ntest('${title}', () => { ${assertion} })\n`,
  )
  // A runner inside a test would report to it instead of by its exit code.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return spawnSync(command.replace(glob, `'${file}'`), { shell: true, encoding: 'utf8', env, timeout: 120_000 })
}
