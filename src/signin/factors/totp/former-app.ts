import type { Pool } from '../../../pools/pool.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import { storeUser } from '../../../users/attribute-changes.ts'
import type { RightAnswer } from '../../../users/former-pool/former-answer.ts'
import { mfaHere } from '../../../users/former-pool/former-mfa.ts'
import type { FormerPools, FormerQuestion } from '../../../users/former-pool/former-pools.ts'
import { hasSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import { atFormerPool } from '../../../users/passwords/at-former-pool.ts'
import type { User } from '../../../users/user.ts'
import { lockUser } from '../../../users/user-repository.ts'
import type { NewChallenge } from '../../factor.ts'
import { isStampCurrent, type LaterStep, type LaterStepDeps, newLaterStep } from '../../later-step.ts'
import { decideMfa } from '../../mfa-decision.ts'
import { sealState } from '../../sealed-state.ts'
import type { SignIn } from '../../sign-in.ts'
import { formerPoolSilent, invalidSession, wrongSignInCode } from '../../sign-in-errors.ts'

/**
 * The second factor of users whose authenticator app is known to the former pool only. Cognito does not show the app's secret, so it cannot be
 * copied. The former pool checks the code. After that proof, the user sets up an app here. The password is taken over at the next sign-in. So
 * the password alone never leads to the set-up.
 */
export type FormerAppDeps = LaterStepDeps & { readonly codeLockout: Lockout; readonly formerPools: FormerPools }

const challenge = 'SOFTWARE_TOKEN_MFA'

/** A Session has at most 2,048 characters. With longer values the Session that holds them, sealed, could exceed that. */
const longestQuestion = 1_050

/**
 * The challenge of the former pool that the user has to answer here. Undefined when the former pool asks for something else, when the user
 * has an app here, or when this pool can ask for another factor or offers no apps.
 */
export async function findFormerQuestion(
  { db }: Pick<FormerAppDeps, 'db'>,
  pool: Pool,
  user: User,
  answer: RightAnswer,
): Promise<FormerQuestion | undefined> {
  const { session, username = user.username } = answer
  if (answer.challenge !== challenge || session === undefined || session.length + username.length > longestQuestion) return undefined
  return (await mustSetUpApp({ db }, pool, withApp(pool, user))) ? { session, username } : undefined
}

/** Whether the user has an app activated, has none here, and this pool has nothing else to ask for. */
export async function mustSetUpApp({ db }: Pick<FormerAppDeps, 'db'>, pool: Pool, user: User): Promise<boolean> {
  if (!user.mfa?.enabled.includes(challenge) || (await hasSoftwareToken(db, user))) return false
  const decision = decideMfa(pool, user, false)
  return decision.kind === 'setup' && decision.methods.includes(challenge)
}

/** The user may have set the app up there since the copy. */
function withApp(pool: Pool, user: User): User {
  const isActive = (user.mfa?.enabled.length ?? 0) > 0
  return isActive ? user : { ...user, mfa: mfaHere(pool, user, { UserMFASettingList: [challenge] }).mfa }
}

export function createFormerAppChallenge({ secrets, clock }: LaterStepDeps, signIn: SignIn, question: FormerQuestion): NewChallenge {
  const step = newLaterStep(signIn, { challenge, memory: question, now: clock.now() })
  return { name: challenge, parameters: { USER_ID_FOR_SRP: signIn.user.username }, session: sealState(secrets, step) }
}

/**
 * Passes the code on. Returns the user, who has to set up an app now.
 * @throws ApiError CodeMismatchException when the code is wrong, NotAuthorizedException when the challenge is no longer open
 * @throws ApiError when the former pool gives no answer. Such an attempt does not count against the user.
 */
export async function proveFormerApp(
  deps: FormerAppDeps,
  { context, user }: SignIn,
  step: LaterStep<FormerQuestion>,
  code: string,
): Promise<User> {
  const { pool } = context
  const { proven } = await deps.codeLockout.guard(pool.id, user.sub, deps.clock.now(), async () => {
    const answer = await deps.formerPools.checkCode(pool, step.memory, code)
    if (answer.kind === 'failed') throw formerPoolSilent()
    if (answer.kind === 'wrong') return { proven: false }
    // Only tokens mean that the former pool asks for nothing more.
    if (answer.kind !== 'right' || answer.challenge !== undefined) throw invalidSession()
    return { proven: true, value: undefined }
  })
  if (!proven) throw wrongSignInCode()
  return deps.db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, user.sub)
    if (before?.password !== atFormerPool || !isStampCurrent(step, before)) throw invalidSession()
    // Another sign-in has replaced the app meanwhile.
    if (await hasSoftwareToken(tx, before)) throw invalidSession()
    const after = withApp(pool, before)
    if (after !== before) await storeUser(tx, pool, before, { ...after, updatedAt: deps.clock.now() })
    return after
  })
}
