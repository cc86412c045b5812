import { ApiError } from '../../../contract/api-error.ts'
import { type AppClient, hidesUserExistence } from '../../../pools/app-client.ts'
import type { Pool } from '../../../pools/pool.ts'
import { hasTrigger } from '../../../triggers/trigger.ts'
import { type Candidate, findCandidate, requireConfirmed, requireNotReset } from '../../candidate.ts'
import type { StepOutcome } from '../../factor.ts'
import { type RequestParameters, requireParameter } from '../../parameters.ts'
import { noProgress, passedChallenge, type SignInContext } from '../../sign-in.ts'
import { runPreAuthentication } from '../../sign-in-triggers.ts'
import { requireClientPublic } from '../../srp-exchange.ts'
import { requireVerifiers } from '../srp/require-verifiers.ts'
import type { SrpDeps } from '../srp/srp.ts'
import { notConfigured } from './custom-challenge.ts'

/**
 * CUSTOM_AUTH: the trigger functions decide what has to be proven. With `CHALLENGE_NAME` SRP_A the client offers to prove the password
 * first; the functions may ask for that proof.
 */
export async function startCustom(
  deps: SrpDeps,
  context: SignInContext,
  { username, parameters }: { readonly username: string; readonly parameters: RequestParameters },
): Promise<StepOutcome> {
  const { pool, client } = context
  if (!hasTrigger(pool, 'DefineAuthChallenge')) throw notConfigured()
  const clientPublic = readClientPublic(pool, parameters)
  const candidate = await findCandidate(deps, context, username)
  await runPreAuthentication(deps, context, candidate, username)
  const { sub, user } = requireLocal(client, candidate)
  if (user !== undefined) {
    requireNotReset(client, user)
    requireConfirmed(client, user)
  }
  const progress = { ...noProgress, custom: clientPublic === undefined ? [] : [passedChallenge('SRP_A')] }
  return { kind: 'custom', signIn: { context, sub, user, name: username, progress }, clientPublic }
}

/**
 * The client's public value of SRP; undefined when the client does not offer to prove the password first.
 *
 * @throws ApiError InvalidParameterException when the value is missing or wrong, or when the pool has no SRP.
 */
function readClientPublic(pool: Pool, parameters: RequestParameters): bigint | undefined {
  if (parameters['CHALLENGE_NAME'] !== 'SRP_A') return undefined
  requireVerifiers(pool)
  return requireClientPublic(requireParameter(parameters, 'SRP_A'))
}

/**
 * Users of an identity provider sign in there, not here. Where the client hides which users exist, such a user is treated as a decoy.
 *
 * @throws ApiError NotAuthorizedException for a user of an identity provider, when the client does not hide which users exist.
 */
function requireLocal(client: AppClient, candidate: Candidate): Candidate {
  if (candidate.user?.status !== 'EXTERNAL_PROVIDER') return candidate
  if (hidesUserExistence(client)) return { sub: candidate.sub, user: undefined }
  throw new ApiError('NotAuthorizedException', 'Incorrect username or password.')
}
