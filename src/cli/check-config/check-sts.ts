import { identityIssuerOf } from '../../identity-pools/tokens/identity-token.ts'
import type { Settings } from '../../settings.ts'
import { findConnectProblem } from './connect.ts'
import { error, type Finding, ok } from './finding.ts'

/** Connects to the STS that gives the credentials of identity pools, and sends nothing to it. */
export async function checkSts({ stsUrl, publicUrl }: Settings): Promise<readonly Finding[]> {
  if (stsUrl === undefined) return []
  const { host } = new URL(stsUrl)
  const problem = await findConnectProblem(stsUrl)
  if (problem !== undefined) return [error(`--sts-url: the STS ${host} cannot be used: ${problem}.`)]
  const issuer = publicUrl === undefined ? '<public URL>/identity' : identityIssuerOf(publicUrl)
  return [ok(`--sts-url: the STS ${host} accepts connections. It must trust the issuer ${issuer}, which was not tried.`)]
}
