import type { Clock } from '../base/clock.ts'
import { ApiError } from '../contract/api-error.ts'
import type { RequestContext } from '../contract/operation.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { Db, Tx } from '../storage/db.ts'
import { spendState } from '../storage/spent-state-repository.ts'
import { draftSession, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts'
import type { Session } from '../tokens/session.ts'
import { beginSession } from '../tokens/sessions/begin-session.ts'
import { firstActivity, makeRoomForSession } from '../tokens/sessions/tracking.ts'
import { requireNoTrigger } from '../triggers/trigger.ts'
import type { User } from '../users/user.ts'
import type { Interposed, Proof, Verdict } from './factor.ts'
import { type NewPasswordDeps, newPassword } from './factors/new-password/new-password.ts'
import type { Progress, SignIn } from './sign-in.ts'
import { usedSession } from './sign-in-state.ts'

export type JourneyDeps = TokenDeps & NewPasswordDeps & { readonly db: Db; readonly clock: Clock }

/** What stands between the first factor and the tokens, in the order it is asked for. */
const interposed: readonly Interposed<JourneyDeps>[] = [newPassword]

/** Takes a sign-in one step further: to the next question, or to its tokens. */
export async function advance(
  deps: JourneyDeps,
  pool: Pool,
  client: AppClient,
  verdict: Verdict,
  context: RequestContext,
): Promise<Progress> {
  if (verdict.kind === 'ask') return { kind: 'challenge', challenge: verdict.challenge }
  const { proof } = verdict
  requireConfirmed(proof.user)
  const signIn: SignIn = { pool, client, user: proof.user, proofs: proof.proofs }
  for (const factor of interposed) {
    const challenge = await factor.ask(deps, signIn)
    if (challenge === undefined) continue
    if (proof.spends !== undefined) await spendOrRefuse(deps.db, proof.spends)
    return { kind: 'challenge', challenge }
  }
  requireNoMissingFactor(pool)
  return { kind: 'signed-in', tokens: await complete(deps, signIn, proof, context) }
}

async function complete(deps: JourneyDeps, { pool, client, user }: SignIn, { spends }: Proof, context: RequestContext) {
  requireNoTrigger(pool, 'PostAuthentication')
  const now = deps.clock.now()
  const session = draftSession(client, user, now, firstActivity(pool, context, now))
  // Signing takes the thread pool and storing takes the disk: they can wait for each other's end at the same time.
  const [tokens] = await Promise.all([issueTokens(deps, pool, client, user, session, now), storeSession(deps.db, pool, session, spends)])
  return tokens
}

async function storeSession(db: Db, pool: Pool, session: Session, spends: Proof['spends']): Promise<void> {
  // A single statement is quicker without a transaction around it.
  if (spends === undefined && session.activity === null) return beginSession(db, session)
  await db.transaction().execute(async (tx) => {
    if (spends !== undefined) await spendOrRefuse(tx, spends)
    if (session.activity !== null) await makeRoomForSession(tx, pool, session.sub, session.createdAt)
    await beginSession(tx, session)
  })
}

async function spendOrRefuse(db: Db | Tx, state: NonNullable<Proof['spends']>): Promise<void> {
  if (await spendState(db, state.id, state.expiresAt)) return
  throw usedSession()
}

function requireConfirmed(user: User): void {
  if (user.status === 'UNCONFIRMED') throw new ApiError('UserNotConfirmedException', 'User is not confirmed.')
}

/** A pool that demands a second factor must not be entered with one, and none can be asked for yet. */
function requireNoMissingFactor(pool: Pool): void {
  if (pool.mfa === 'ON')
    throw new ApiError('UnsupportedOperationException', 'This server cannot ask for the second factor that the user pool requires.')
}
