import { countOf } from '../../open-database.ts'
import type { Settings } from '../../settings.ts'
import { readFunctionsFile } from '../../triggers/functions/functions-file.ts'
import { readFunctionsFolder } from '../../triggers/functions/functions-folder.ts'
import { findSyntaxErrors } from './find-syntax-errors.ts'
import { error, type Finding, ok, tryToFind, warning } from './finding.ts'

/** Reads the functions file, and parses every module without running it. */
export async function checkFunctions(settings: Settings): Promise<readonly Finding[]> {
  const { functionsFile, functionsFolder } = settings
  const findings: Finding[] = []
  if (functionsFile !== undefined) {
    const entries = await tryToFind(findings, () => [...readFunctionsFile(functionsFile).values()])
    const modules = entries?.flatMap((entry) => (entry.kind === 'module' ? [entry.path] : [])) ?? []
    const problems = await parseFindings('--functions-file', modules, settings)
    findings.push(...problems)
    if (entries !== undefined && problems.length === 0) {
      findings.push(ok(`--functions-file: ${functionsFile} has ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}.`))
    }
  }
  if (functionsFolder !== undefined) {
    const modules = await tryToFind(findings, () => [...readFunctionsFolder(functionsFolder).values()])
    const problems = await parseFindings('--functions', modules ?? [], settings)
    findings.push(...problems)
    if (modules !== undefined && problems.length === 0) {
      findings.push(ok(`--functions: ${functionsFolder} has ${countOf(modules.length, 'module')} without syntax errors.`))
    }
  }
  return findings
}

async function parseFindings(setting: string, paths: readonly string[], { functionEnvironment }: Settings): Promise<readonly Finding[]> {
  const results = await findSyntaxErrors(paths, functionEnvironment)
  return results.flatMap(({ path, problem }) => {
    if (problem === undefined) return []
    if (problem === 'timeout') return [warning(`${setting}: ${path} was not parsed in time. Try again when the machine is less busy.`)]
    return [error(`${setting}: ${path}${problem.at} cannot be parsed${problem.reason}. Correct it: the function would fail.`)]
  })
}
