import { spawnSync } from 'node:child_process'
import { extname } from 'node:path'

const checkable = new Set(['.js', '.mjs', '.cjs'])
/** The time limit of the check: short, because the request that invoked the function waits for the check, and so does the developer. */
const checkTimeoutMs = 2_000

/**
 * The file, line and text at which one of these modules cannot be parsed. The error of an import only says what is wrong, not where;
 * `node --check` in a process of its own says both. Errors of TypeScript and CommonJS modules already name the place.
 */
export function placeOfSyntaxError(error: SyntaxError, files: readonly string[]): string | undefined {
  if (error.stack?.startsWith(error.name) !== true) return undefined
  for (const file of files.filter((each) => checkable.has(extname(each)))) {
    const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: checkTimeoutMs })
    if (status === 1) return stderr.split('\n\n')[0]
  }
  return undefined
}
