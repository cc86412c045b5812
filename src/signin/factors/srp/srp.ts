import { randomBytes } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import type { Secrets } from '../../../base/secrets.ts'
import { openExchange, readClientPublic, verifyClaim } from '../../../base/srp/exchange.ts'
import type { SrpPowers } from '../../../base/srp/powers.ts'
import { ApiError } from '../../../contract/api-error.ts'
import type { AppClient } from '../../../pools/app-client.ts'
import { type Pool, srpNameOf } from '../../../pools/pool.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import type { Db } from '../../../storage/db.ts'
import type { Triggers } from '../../../triggers/trigger.ts'
import type { Passwords, PasswordVerifier } from '../../../users/passwords/passwords.ts'
import type { User } from '../../../users/user.ts'
import {
  type Candidate,
  findAgain,
  findCandidate,
  requireConfirmed,
  requireNotReset,
  requireUnexpiredPassword,
  wrongPassword,
} from '../../candidate.ts'
import type { Factor, Verdict } from '../../factor.ts'
import { requireParameter } from '../../parameters.ts'
import type { Challenge, SignIn, Visit } from '../../sign-in.ts'
import { newState, requireState, sealState } from '../../sign-in-state.ts'
import { orTooManyRequests, toSecretBlock } from '../../srp-exchange.ts'
import { requireTimely } from '../../srp-timestamp.ts'
import { runPreAuthentication } from '../../trigger-facts.ts'
import { decoyIdentity } from './decoy-identity.ts'

export type SrpDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly passwords: Passwords
  readonly powers: SrpPowers
  readonly lockout: Lockout
  readonly triggers: Triggers
  /** How far the time in a proof may be from ours. */
  readonly srpToleranceMs: number
}

/** What the server must know of the exchange when the proof comes: the user's name in it, and A, u and b (base64). */
type Memory = { readonly name: string; readonly exchange: string }

type Start = { readonly username: string; readonly srpA: string; readonly visit: Visit }

/** The first half of USER_SRP_AUTH: A comes, B goes. */
export async function startSrp(deps: SrpDeps, pool: Pool, client: AppClient, start: Start): Promise<Verdict> {
  const a = requireClientPublic(start.srpA)
  const candidate = await findCandidate(deps, pool, client, start.username)
  await runPreAuthentication(deps, { pool, client }, candidate, { name: start.username, visit: start.visit })
  return {
    kind: 'ask',
    question: await askForSrpProof(deps, pool, client, candidate, { username: start.username, a, stepUp: undefined, custom: undefined }),
    consumes: undefined,
  }
}

/** Throws InvalidParameterException when it is no value that a client could have sent. */
export function requireClientPublic(srpA: string): bigint {
  const a = readClientPublic(srpA)
  if (a === undefined) throw new ApiError('InvalidParameterException', 'SRP_A is not a valid public value.')
  return a
}

/** B, for somebody whose claim to the name has been looked at. Whoever does not exist gets an answer of the same make and cost. */
export async function askForSrpProof(
  deps: SrpDeps,
  pool: Pool,
  client: AppClient,
  { sub, user }: Candidate,
  { username, a, stepUp, custom }: { username: string; a: bigint } & Pick<SignIn, 'stepUp' | 'custom'>,
): Promise<Challenge> {
  if (user !== undefined) {
    requireNotReset(client, user)
    requireConfirmed(client, user)
  }
  const revealed = user === undefined ? undefined : deps.passwords.reveal(user, user.password)
  const decoy = decoyIdentity(deps.secrets, pool, { sub, typed: username })
  const name = user?.username ?? decoy.name
  const { salt, verifier } = revealed ?? decoy
  const { publicB, state } = await orTooManyRequests(openExchange(deps.powers, verifier, a))
  const memory: Memory = { name, exchange: state.toString('base64') }
  const sealed = sealState(
    deps.secrets,
    newState(client, sub, { challenge: 'PASSWORD_VERIFIER', proofs: [], memory, stepUp, custom }, deps.clock.now()),
  )
  const parameters = {
    SALT: salt.toString('hex'),
    SECRET_BLOCK: toSecretBlock(sealed),
    SRP_B: publicB,
    USERNAME: name,
    USER_ID_FOR_SRP: name,
  }
  return { name: 'PASSWORD_VERIFIER', parameters, session: undefined }
}

/** The second half: the client proves that it knows the password. The state is in SECRET_BLOCK, so a Session is not looked at. */
export const srp: Factor<SrpDeps> = {
  challenge: 'PASSWORD_VERIFIER',

  async answer(deps, answer) {
    const { pool, client, responses } = answer
    const signature = requireParameter(responses, 'PASSWORD_CLAIM_SIGNATURE')
    const block = requireParameter(responses, 'PASSWORD_CLAIM_SECRET_BLOCK')
    const timestamp = requireParameter(responses, 'TIMESTAMP')
    const now = deps.clock.now()
    const state = requireState<Memory>(answer, 'PASSWORD_VERIFIER', now)
    const typed = requireParameter(responses, 'USERNAME')
    // Without a look at who is called so, for users and strangers alike: it would take longer for one of them.
    const user = await findAgain(deps, pool, state.sub, typed === state.memory.name ? state.sub : typed)
    if (user !== undefined) {
      requireNotReset(client, user)
      requireConfirmed(client, user)
    }
    // Only now: a refusal is noted as a wrong password of this user.
    requireTimely(timestamp, { now, toleranceMs: deps.srpToleranceMs })

    const outcome = await deps.lockout.guard<User>(pool.id, state.sub, now, async () => {
      const known = user === undefined ? undefined : deps.passwords.reveal(user, user.password)
      const claim = { group: srpNameOf(pool.id), name: state.memory.name, secretBlock: Buffer.from(block, 'base64'), timestamp }
      const proof = {
        verifier: (known ?? strangersVerifier()).verifier,
        state: Buffer.from(state.memory.exchange, 'base64'),
        claim,
        signature,
      }
      const proven = await orTooManyRequests(verifyClaim(deps.powers, proof))
      return proven && known !== undefined && user !== undefined ? { proven: true, value: user } : { proven: false }
    })
    if (!outcome.proven) throw wrongPassword()
    requireUnexpiredPassword(outcome.value, now)
    return { kind: 'proven', proof: { user: outcome.value, proofs: ['PASSWORD_VERIFIER'], consumes: state } }
  },
}

const strangersVerifier = (): Pick<PasswordVerifier, 'verifier'> => ({ verifier: randomBytes(384) })
