import { spawnSync } from 'node:child_process'
import { extname } from 'node:path'

const checkable = new Set(['.js', '.mjs', '.cjs'])
/** A developer waits for it, and whoever signs in meanwhile. */
const longestCheckMs = 2_000

/**
 * File, line and text at which one of these modules cannot be parsed. The engine tells an importer only what is wrong, not where; a process
 * of its own is told both. Errors of TypeScript modules and of CommonJS say it themselves.
 */
export function placeOfSyntaxError(error: SyntaxError, files: readonly string[]): string | undefined {
  if (error.stack?.startsWith(error.name) !== true) return undefined
  for (const file of files.filter((each) => checkable.has(extname(each)))) {
    const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: longestCheckMs })
    if (status === 1) return stderr.split('\n\n')[0]
  }
  return undefined
}
