import type { RiskAssessor } from '../protection/risk/risk-assessor.ts'
import { consumeState, isStateConsumed } from '../storage/consumed-state-repository.ts'
import type { Db, Tx } from '../storage/db.ts'
import { draftSession, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts'
import { runPreTokenGeneration, type TokenCustomization } from '../tokens/run-pre-token-generation.ts'
import type { Session, SessionDevice } from '../tokens/session.ts'
import { beginLimitedSession, beginSession } from '../tokens/sessions/begin-session.ts'
import { firstActivity } from '../tokens/sessions/tracked-sessions.ts'
import type { TokenGenerationSource } from '../triggers/pre-token-generation.ts'
import { hasTrigger } from '../triggers/trigger.ts'
import { deviceGroupKeyOf, deviceNotFound, newDeviceKey } from '../users/devices/device.ts'
import { findDevice, recordDeviceUse } from '../users/devices/device-repository.ts'
import { asksForSecondFactor } from '../users/self-service/self-service.ts'
import { methodsOf } from './assurance/methods.ts'
import { tokensIssued } from './audited-step.ts'
import type { SignIn, SignInProgress, TokensResult } from './sign-in.ts'
import { usedSession } from './sign-in-errors.ts'
import { recordSignedIn, type SignInEventDeps } from './sign-in-events.ts'
import type { ConsumableState } from './sign-in-state.ts'
import { runPostAuthentication } from './sign-in-triggers.ts'

export type CompleteSignInDeps = TokenDeps & SignInEventDeps & { readonly risk: Pick<RiskAssessor, 'learn'> }

/** What completes a sign-in in which everything is proven. `consumes` is the state to consume, if the last answer came with one. */
export type CompleteSignIn<Deps, Done> = (deps: Deps, signIn: SignIn, consumes: ConsumableState | undefined) => Promise<Done>

/** Completes a sign-in in which everything is proven: runs the last triggers, stores the session and issues its tokens. */
export async function completeSignIn(
  deps: CompleteSignInDeps,
  signIn: SignIn,
  consumes: ConsumableState | undefined,
): Promise<TokensResult> {
  const { context, user } = signIn
  const { pool, client, ip = null } = context
  const device = await findSessionDevice(deps, signIn)
  const customization = await runLastTriggers(deps, signIn, device, consumes)
  const now = deps.clock.now()
  const session = draftSession(client, user, now, { activity: firstActivity(pool, context, now), device, id: signIn.progress.eventId })
  const authentication = { session, device, customization, ...assuranceOf(signIn) }
  // Signing occupies the thread pool, and storing waits for the database. So both run at the same time.
  const issuing = issueTokens(deps, { pool, client, user }, authentication, now)
  const storing = storeSession(deps.db, signIn, session, consumes)
  // Both have ended before either of them fails, so that no refusal is recorded while the session is being stored.
  await Promise.allSettled([issuing, storing])
  const [tokens] = await Promise.all([issuing, storing])
  await recordSignedIn(deps, signIn, session.id)
  if (device?.isConfirmed) await recordDeviceUse(deps.db, { ...session, key: device.key }, { ip, now })
  return { kind: 'signed-in', tokens }
}

/**
 * The device that the session is begun on: the user's device that the client names, or a new one. A new device gets a key; with that key
 * the client may confirm the device. Undefined where the pool does not track devices.
 *
 * @throws ApiError ResourceNotFoundException when the client names a device that the user does not have.
 */
async function findSessionDevice({ db, secrets }: CompleteSignInDeps, { context, user }: SignIn): Promise<SessionDevice | undefined> {
  const { pool, deviceKey } = context
  if (pool.devices === undefined) return undefined
  if (deviceKey === undefined) {
    return { key: newDeviceKey(pool.id), groupKey: deviceGroupKeyOf(secrets, user), isConfirmed: false }
  }
  const device = await findDevice(db, { poolId: pool.id, sub: user.sub, key: deviceKey })
  if (device === undefined) throw deviceNotFound()
  return { key: device.key, groupKey: deviceGroupKeyOf(secrets, user), isConfirmed: true }
}

/**
 * Runs PostAuthentication and PreTokenGeneration. They run before anything is stored, so that a sign-in that they refuse leaves nothing
 * behind. If the sign-in state was already consumed, they do not run: the request will be refused anyway.
 *
 * @throws ApiError when a trigger function refuses the sign-in, and NotAuthorizedException when the state was consumed.
 */
async function runLastTriggers(
  deps: CompleteSignInDeps,
  signIn: SignIn,
  device: SessionDevice | undefined,
  consumes: ConsumableState | undefined,
): Promise<TokenCustomization | undefined> {
  const { pool, client, caller } = signIn.context
  if (!hasTrigger(pool, 'PostAuthentication') && !hasTrigger(pool, 'PreTokenGeneration')) return undefined
  if (consumes !== undefined && (await isStateConsumed(deps.db, consumes.id))) throw usedSession()
  await runPostAuthentication(deps, signIn, device !== undefined && !device.isConfirmed)
  return runPreTokenGeneration(deps, { pool, client, user: signIn.user }, tokenSourceOf(signIn.progress), caller, undefined)
}

function tokenSourceOf({ proofs }: SignInProgress): TokenGenerationSource {
  if (proofs.includes('NEW_PASSWORD_REQUIRED')) return 'TokenGeneration_NewPasswordChallenge'
  return proofs.includes('DEVICE_PASSWORD_VERIFIER') ? 'TokenGeneration_AuthenticateDevice' : 'TokenGeneration_Authentication'
}

/**
 * Tokens carry `amr` and `acr` in a pool that names its levels of assurance, in any pool after a step-up, and where an operation of users
 * needs a second factor.
 */
export function assuranceOf({ context, progress }: SignIn) {
  const { proofs, stepUp } = progress
  const carriesMethods = context.pool.acrValues !== undefined || stepUp !== undefined || asksForSecondFactor(context)
  return { methods: carriesMethods ? methodsOf(proofs) : undefined, since: stepUp?.since }
}

async function storeSession(db: Db, { context, user }: SignIn, session: Session, consumes: ConsumableState | undefined): Promise<void> {
  const { pool, audit } = context
  // With no state to consume, no tracked sessions to limit and no audit record, one statement stores the session. Such a statement is
  // faster without a transaction around it.
  if (consumes === undefined && session.activity === null && audit === undefined) return beginSession(db, session)
  await db.transaction().execute(async (tx) => {
    if (consumes !== undefined) await consumeStateOrThrow(tx, consumes)
    await beginLimitedSession(tx, pool, session)
    await audit?.record(tx, { user, detail: tokensIssued })
  })
}

/** @throws ApiError NotAuthorizedException when the state was consumed before. */
export async function consumeStateOrThrow(db: Db | Tx, state: ConsumableState): Promise<void> {
  if (await consumeState(db, state.id, state.expiresAt)) return
  throw usedSession()
}
