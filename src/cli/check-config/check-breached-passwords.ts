import { BreachSourceError } from '../../protection/breached-passwords/breach-source.ts'
import { openFileSource } from '../../protection/breached-passwords/file-source.ts'
import { type NamedSource, readSources } from '../../protection/breached-passwords/source-settings.ts'
import type { Settings } from '../../settings.ts'
import { findConnectProblem } from './connect.ts'
import { error, type Finding, ok, tryToFind } from './finding.ts'

/** Opens each file of stolen passwords, and connects to each range service without asking it anything. */
export async function checkBreachedPasswords({ breachedPasswords }: Settings): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const sources = await tryToFind(findings, () => readSources(breachedPasswords))
  for (const source of sources ?? []) if (source.kind !== 'embedded') findings.push(await checkSource(source))
  return findings
}

async function checkSource(source: Exclude<NamedSource, { readonly kind: 'embedded' }>): Promise<Finding> {
  if (source.kind === 'range') {
    const { host } = new URL(source.url)
    const problem = await findConnectProblem(source.url)
    if (problem !== undefined) return error(`--breached-passwords: the service ${host} cannot be used: ${problem}.`)
    return ok(`--breached-passwords: the service ${host} accepts connections.`)
  }
  try {
    const { source: opened, report } = await openFileSource(source.path)
    await opened.close()
    return ok(`--breached-passwords: the file ${source.path} has about ${report.estimatedLines} hashes.`)
  } catch (thrown) {
    if (!(thrown instanceof BreachSourceError)) throw thrown
    return error(`--breached-passwords: the file ${source.path} cannot be used: ${thrown.message}.`)
  }
}
