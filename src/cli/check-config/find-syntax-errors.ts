import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'

type Limits = {
  /** How many modules are parsed at once. */
  readonly parallel?: number
  /** How long one module may take, in milliseconds. */
  readonly moduleMs?: number
}

/** `at` is the line as `:3`, and `reason` is the parser's message in brackets. Each is empty when it is not known. */
type SyntaxProblem = { readonly at: string; readonly reason: string }
type Parsed = { readonly path: string; readonly problem: SyntaxProblem | 'timeout' | undefined }

/**
 * Parses each module, a few at once, and runs none. The results are in the order of the paths. All modules together have a time limit,
 * which grows with their number. A module that was not begun within it counts as a timeout.
 */
export async function findSyntaxErrors(
  paths: readonly string[],
  environment: Readonly<Record<string, string>>,
  { parallel = Math.min(availableParallelism(), 4), moduleMs = 10_000 }: Limits = {},
): Promise<readonly Parsed[]> {
  const endsAt = performance.now() + moduleMs * (4 + paths.length / 10)
  const results: Parsed[] = []
  const remaining = paths.entries()
  const parseSome = async () => {
    for (const [index, path] of remaining) {
      const isLate = performance.now() > endsAt
      results[index] = { path, problem: isLate ? 'timeout' : await findSyntaxError(path, environment, moduleMs) }
    }
  }
  await Promise.all(Array.from({ length: parallel }, parseSome))
  return results
}

/** The script that parses a TypeScript module. `node --check`, which parses the other modules, knows JavaScript only. */
const parseTypeScript = `
  import { readFileSync } from 'node:fs'
  import { stripTypeScriptTypes } from 'node:module'
  try { stripTypeScriptTypes(readFileSync(process.argv[1], 'utf8')) } catch (error) {
    console.error('SyntaxError: ' + error.message)
    process.exit(1)
  }`

/** The file is parsed in another process, whose environment has none of our settings. */
function findSyntaxError(path: string, env: Readonly<Record<string, string>>, timeout: number): Promise<Parsed['problem']> {
  const isTypeScript = /^\.[mc]?ts$/.test(extname(path))
  const args = isTypeScript ? ['--no-warnings', '--input-type=module', '--eval', parseTypeScript, path] : ['--check', path]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout }, (failure, _stdout, stderr) => {
      if (failure === null) return resolve(undefined)
      if (failure.killed) return resolve('timeout')
      const line = /^.+:(\d+)$/m.exec(stderr)?.[1]
      const reason = /SyntaxError.*?: (.+)$/m.exec(stderr)?.[1]
      resolve({ at: line === undefined ? '' : `:${line}`, reason: reason === undefined ? '' : ` (${reason})` })
    })
  })
}
