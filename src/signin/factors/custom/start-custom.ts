import { ApiError } from '../../../contract/api-error.ts'
import { type AppClient, hidesUserExistence } from '../../../pools/app-client.ts'
import type { Pool } from '../../../pools/pool.ts'
import { hasTrigger } from '../../../triggers/trigger.ts'
import { type Candidate, findCandidate, requireConfirmed, requireNotReset } from '../../candidate.ts'
import type { Verdict } from '../../factor.ts'
import { requireParameter } from '../../parameters.ts'
import type { Visit } from '../../sign-in.ts'
import { runPreAuthentication } from '../../trigger-facts.ts'
import { requireClientPublic, type SrpDeps } from '../srp/srp.ts'
import { notConfigured } from './custom-challenge.ts'
import { passed } from './custom-sign-in.ts'

type Start = { readonly username: string; readonly parameters: Readonly<Record<string, string>>; readonly visit: Visit }

/**
 * CUSTOM_AUTH: the pool's functions say what is to be proven. With `CHALLENGE_NAME` SRP_A the client is ready to prove its password first,
 * if they ask for that.
 */
export async function startCustom(deps: SrpDeps, pool: Pool, client: AppClient, { username, parameters, visit }: Start): Promise<Verdict> {
  if (!hasTrigger(pool, 'DefineAuthChallenge')) throw notConfigured()
  const clientPublic = parameters['CHALLENGE_NAME'] === 'SRP_A' ? requireClientPublic(requireParameter(parameters, 'SRP_A')) : undefined
  const found = await findCandidate(deps, pool, client, username)
  await runPreAuthentication(deps, { pool, client }, found, { name: username, visit })
  const { sub, user } = requireLocal(client, found)
  if (user !== undefined) {
    requireNotReset(client, user)
    requireConfirmed(client, user)
  }
  const results = clientPublic === undefined ? [] : [passed('SRP_A')]
  return { kind: 'custom', signIn: { pool, client, sub, user, name: username, proofs: [], results, caller: visit.caller }, clientPublic }
}

/** Users of another identity provider sign in there. Where the client hides who exists they are not told apart from nobody. */
function requireLocal(client: AppClient, candidate: Candidate): Candidate {
  if (candidate.user?.status !== 'EXTERNAL_PROVIDER') return candidate
  if (hidesUserExistence(client)) return { sub: candidate.sub, user: undefined }
  throw new ApiError('NotAuthorizedException', 'Incorrect username or password.')
}
