import { randomBytes } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import type { Secrets } from '../../../base/secrets.ts'
import type { SrpPowers } from '../../../base/srp/powers.ts'
import { srpNameOf } from '../../../pools/pool.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import type { Db } from '../../../storage/db.ts'
import type { Triggers } from '../../../triggers/trigger.ts'
import type { Passwords, PasswordVerifier } from '../../../users/passwords/passwords.ts'
import { verifierNameOf } from '../../../users/passwords/verifier-name.ts'
import type { User } from '../../../users/user.ts'
import {
  type Candidate,
  findCandidate,
  findUserOfState,
  requireConfirmed,
  requireNotReset,
  requireUnexpiredPassword,
} from '../../candidate.ts'
import type { Factor, StepOutcome } from '../../factor.ts'
import { requireParameter } from '../../parameters.ts'
import { sealState } from '../../sealed-state.ts'
import { type Challenge, noProgress, type SignInContext, type SignInProgress, withProof } from '../../sign-in.ts'
import { wrongPassword } from '../../sign-in-errors.ts'
import { newState, requireState } from '../../sign-in-state.ts'
import { runPreAuthentication } from '../../sign-in-triggers.ts'
import { isSrpProof, readSrpProof, requireClientPublic, startSrpExchange, toSecretBlock } from '../../srp-exchange.ts'
import { requireCurrentTimestamp } from '../../srp-timestamp.ts'
import { decoyIdentity } from './decoy-identity.ts'
import { requireVerifiers } from './require-verifiers.ts'

export type SrpDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly passwords: Passwords
  readonly powers: SrpPowers
  readonly lockout: Lockout
  readonly triggers: Triggers
  /** How many milliseconds the timestamp of a proof may differ from our clock. */
  readonly srpToleranceMs: number
}

/** The sign-in state's data for SRP: the user's name in the exchange, and the values A, u and b of the exchange (`startSrpExchange`). */
type Memory = { readonly name: string; readonly exchange: string }

/** The first half of USER_SRP_AUTH: the client sends A and gets B. */
export async function startSrp(
  deps: SrpDeps,
  context: SignInContext,
  { username, srpA }: { readonly username: string; readonly srpA: string },
): Promise<StepOutcome> {
  requireVerifiers(context.pool)
  const clientPublic = requireClientPublic(srpA)
  const candidate = await findCandidate(deps, context, username)
  await runPreAuthentication(deps, context, candidate, username)
  const challenge = await createSrpChallenge(deps, context, candidate, { username, clientPublic, progress: noProgress })
  return { kind: 'challenge', challenge, consumes: undefined }
}

/**
 * The challenge PASSWORD_VERIFIER for a candidate. The challenge for a decoy looks like the challenge for a user, and takes as long to
 * make.
 *
 * @throws ApiError PasswordResetRequiredException, UserNotConfirmedException, TooManyRequestsException
 */
export async function createSrpChallenge(
  deps: SrpDeps,
  { pool, client }: SignInContext,
  { sub, user }: Candidate,
  { username, clientPublic, progress }: { readonly username: string; readonly clientPublic: bigint; readonly progress: SignInProgress },
): Promise<Challenge> {
  if (user !== undefined) {
    requireNotReset(client, user)
    requireConfirmed(client, user)
  }
  const revealed = user === undefined ? undefined : deps.passwords.reveal(user, user.password)
  const decoy = decoyIdentity(deps.secrets, pool, { sub, typed: username })
  // A user whose username was changed since the password was set still has the verifier for the name of that time.
  const name = user === undefined ? decoy.name : verifierNameOf(user)
  const { salt, verifier } = revealed ?? decoy
  const { publicB, exchange } = await startSrpExchange(deps, verifier, clientPublic)
  const memory: Memory = { name, exchange }
  const state = newState(client, sub, { challenge: 'PASSWORD_VERIFIER', progress, memory }, deps.clock.now())
  const parameters = {
    SALT: salt.toString('hex'),
    SECRET_BLOCK: toSecretBlock(sealState(deps.secrets, state)),
    SRP_B: publicB,
    USERNAME: user?.username ?? name,
    USER_ID_FOR_SRP: name,
  }
  return { name: 'PASSWORD_VERIFIER', parameters, session: undefined }
}

/**
 * PASSWORD_VERIFIER, the second half of a sign-in by SRP: the client proves that it knows the password. The state is in SECRET_BLOCK; a
 * Session is ignored.
 */
export const srp: Factor<SrpDeps> = {
  challenge: 'PASSWORD_VERIFIER',

  async handleAnswer(deps, answer) {
    const { context, responses } = answer
    const { pool, client } = context
    requireVerifiers(pool)
    const proof = readSrpProof(responses)
    const now = deps.clock.now()
    const state = requireState<Memory>(answer, 'PASSWORD_VERIFIER', now)
    const { name, exchange } = state.memory
    const typed = requireParameter(responses, 'USERNAME')
    // If the answer has the name from the challenge, that name is not looked up, neither for users nor for decoys: the lookup would take
    // longer for one of the two.
    const user = await findUserOfState(deps, pool, state.sub, typed === name ? state.sub : typed)
    if (user !== undefined) {
      requireNotReset(client, user)
      requireConfirmed(client, user)
    }
    // The timestamp is checked only after the user was found, because a refusal is recorded as a wrong password of this user.
    requireCurrentTimestamp(proof.timestamp, { now, toleranceMs: deps.srpToleranceMs })

    const outcome = await deps.lockout.guard<User>(pool.id, state.sub, now, async () => {
      const known = user === undefined ? undefined : deps.passwords.reveal(user, user.password)
      const { verifier } = known ?? decoyVerifier()
      const isProven = await isSrpProof(deps, proof, { verifier, exchange, group: srpNameOf(pool.id), name })
      return isProven && known !== undefined && user !== undefined ? { proven: true, value: user } : { proven: false }
    })
    if (!outcome.proven) throw wrongPassword()
    requireUnexpiredPassword(outcome.value, now)
    return { kind: 'proven', user: outcome.value, progress: withProof(state.progress, 'PASSWORD_VERIFIER'), consumes: state }
  },
}

const decoyVerifier = (): Pick<PasswordVerifier, 'verifier'> => ({ verifier: randomBytes(384) })
