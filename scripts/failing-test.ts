import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * Checks that README's test command can fail: runs the `test` script of package.json, with its set-up, on a test file that fails and on one
 * that passes, and checks the exit codes. A run whose test file leaves a password in a line of the log must fail, too.
 */
const glob = "'test/**/*.test.ts'"
const readme = readFileSync('README.md', 'utf8')
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const command = scripts['test'] ?? ''

const violations: string[] = []
if (!readme.includes('npm ci && npm test')) violations.push('README does not name `npm ci && npm test`.')
if (!command.includes(glob)) violations.push(`The script "test" of package.json does not run ${glob}.`)

/** Leaves a password in the text of an error, behind an escape and inside JSON in JSON. */
const leak = `
import { noteOutput, noteSecrets } from '${pathToFileURL('test/support/evidence.ts').href}'
noteSecrets({ Password: 'Planted/+"pass" 1' })
noteOutput(JSON.stringify({ level: 'error', err: { message: JSON.stringify({ text: 'wordPlanted/+"pass" 1' }) } }))
`

const folder = mkdtempSync(join(tmpdir(), 'lifeguard-failing-test-'))
try {
  const failed = runTests('fails', 'assert.equal(1, 2)')
  if (failed.status === 0) violations.push('`npm test` exits with 0 although a test fails.')
  if (!/^# fail 1$|ℹ fail 1$/m.test(failed.stdout)) violations.push(`The failing test was not run:\n${failed.stdout}${failed.stderr}`)
  const leaked = runTests('leaks', 'assert.equal(1, 1)', leak)
  if (leaked.status === 0 || !/have 1 of 1 secrets/.test(leaked.stdout + leaked.stderr))
    violations.push(`\`npm test\` does not fail when a log line shows a secret:\n${leaked.stdout}${leaked.stderr}`)
  const passed = runTests('passes', 'assert.equal(1, 1)')
  if (passed.status !== 0) violations.push(`\`npm test\` fails although every test passes:\n${passed.stdout}${passed.stderr}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

for (const violation of violations) console.error(violation)
process.exitCode = violations.length === 0 ? 0 : 1

/** Runs the script through the shell, as npm does. npm has put the project's commands on the PATH. */
function runTests(title: string, assertion: string, begin = '') {
  const file = join(folder, `${title}.test.mjs`)
  writeFileSync(
    file,
    `import { test } from 'node:test'\nimport assert from 'node:assert/strict'\n${begin}\ntest('${title}', () => { ${assertion} })\n`,
  )
  // The variable must not be set: with it, a test runner reports to an outer test runner instead of by its exit code.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return spawnSync(command.replace(glob, `'${file}'`), {
    shell: true,
    encoding: 'utf8',
    env: { ...env, LIFEGUARD_TEST_ENGINES: 'sqlite' },
    timeout: 120_000,
  })
}
