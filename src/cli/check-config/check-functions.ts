import { execFile } from 'node:child_process'
import { extname } from 'node:path'
import { countOf } from '../../open-database.ts'
import type { Settings } from '../../settings.ts'
import { readFunctionsFile } from '../../triggers/functions/functions-file.ts'
import { readFunctionsFolder } from '../../triggers/functions/functions-folder.ts'
import { error, type Finding, ok, tryToFind } from './finding.ts'

/** Reads the functions file, and parses every module without running it. */
export async function checkFunctions(settings: Settings): Promise<readonly Finding[]> {
  const { functionsFile, functionsFolder } = settings
  const findings: Finding[] = []
  if (functionsFile !== undefined) {
    const entries = await tryToFind(findings, () => [...readFunctionsFile(functionsFile).values()])
    const modules = entries?.flatMap((entry) => (entry.kind === 'module' ? [entry.path] : [])) ?? []
    const errors = await parseErrors('--functions-file', modules, settings)
    findings.push(...errors)
    if (entries !== undefined && errors.length === 0) {
      findings.push(ok(`--functions-file: ${functionsFile} has ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}.`))
    }
  }
  if (functionsFolder !== undefined) {
    const modules = await tryToFind(findings, () => [...readFunctionsFolder(functionsFolder).values()])
    const errors = await parseErrors('--functions', modules ?? [], settings)
    findings.push(...errors)
    if (modules !== undefined && errors.length === 0) {
      findings.push(ok(`--functions: ${functionsFolder} has ${countOf(modules.length, 'module')} without syntax errors.`))
    }
  }
  return findings
}

async function parseErrors(setting: string, paths: readonly string[], settings: Settings): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const path of paths) {
    const problem = await findSyntaxError(path, settings)
    if (problem !== undefined) findings.push(error(`${setting}: ${path}${problem}. Correct it: the function would fail.`))
  }
  return findings
}

const parseTimeoutMs = 10_000

/** `node --check` parses JavaScript only. */
const parseTypeScript = `
  import { readFileSync } from 'node:fs'
  import { stripTypeScriptTypes } from 'node:module'
  try { stripTypeScriptTypes(readFileSync(process.argv[1], 'utf8')) } catch (error) {
    console.error('SyntaxError: ' + error.message)
    process.exit(1)
  }`

/** The end of a message about the file. The file is parsed in another process, whose environment has none of our settings. */
function findSyntaxError(path: string, { functionEnvironment: env }: Settings): Promise<string | undefined> {
  const isTypeScript = /^\.[mc]?ts$/.test(extname(path))
  const args = isTypeScript ? ['--no-warnings', '--input-type=module', '--eval', parseTypeScript, path] : ['--check', path]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: parseTimeoutMs }, (failure, _stdout, stderr) => {
      if (failure === null) return resolve(undefined)
      if (failure.killed) return resolve(` was not parsed within ${parseTimeoutMs / 1000} seconds`)
      const line = /^.+:(\d+)$/m.exec(stderr)?.[1]
      const reason = /SyntaxError.*?: (.+)$/m.exec(stderr)?.[1]
      resolve(`${line === undefined ? '' : `:${line}`} cannot be parsed${reason === undefined ? '' : ` (${reason})`}`)
    })
  })
}
