import { spawn } from 'node:child_process'
import { packageCommand } from './package-command.ts'

/** All checks of the code that need no test run. Prints one line for each check, then the output of those that failed. */
const checks: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'types', command: [packageCommand('typescript', 'tsc'), '--noEmit', '-p', '.'] },
  { name: 'format and lint', command: [packageCommand('@biomejs/biome', 'biome'), 'ci', '--error-on-warnings', '--colors=off', '.'] },
  { name: 'module order and no cycles', command: ['scripts/module-order.ts'] },
  { name: 'one file opens database connections', command: ['scripts/database-clients.ts'] },
  { name: 'file sizes', command: ['scripts/file-sizes.ts'] },
  { name: 'a failing test fails npm test', command: ['scripts/failing-test.ts'] },
  { name: 'unused code', command: [packageCommand('knip', 'knip'), '--no-progress'] },
  { name: 'contract is current', command: ['contract-model/generate.ts', '--check'] },
  { name: 'settings page is current', command: ['scripts/settings-docs.ts', '--check'] },
  { name: 'page of texts is current', command: ['scripts/page-texts-docs.ts', '--check'] },
  { name: 'schema of pool files is current', command: ['scripts/pool-file-schema.ts', '--check'] },
  { name: 'table of operations is current', command: ['scripts/compatibility-table.ts', '--check'] },
  { name: 'links and lines of the documents', command: ['scripts/docs-pages.ts'] },
  { name: 'examples of the documents run', command: ['scripts/run-docs.ts'] },
]

function run(command: readonly string[]): Promise<{ passed: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('close', (code) => resolve({ passed: code === 0, output: Buffer.concat(chunks).toString() }))
  })
}

const failures: string[] = []
await Promise.all(
  checks.map(async ({ name, command }) => {
    const started = performance.now()
    const { passed, output } = await run(command)
    console.log(`${passed ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    if (!passed) failures.push(`\n--- ${name}\n${output.trimEnd()}`)
  }),
)
for (const failure of failures) console.error(failure)
process.exitCode = failures.length === 0 ? 0 : 1
