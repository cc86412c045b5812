import type { Clock } from '../base/clock.ts'
import type { Outbox } from '../messaging/outbox.ts'
import type { AppClient } from '../pools/app-client.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import { consumeState, isStateConsumed } from '../storage/consumed-state-repository.ts'
import type { Db, Tx } from '../storage/db.ts'
import { draftSession, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts'
import { runPreTokenGeneration, type TokenCustomization } from '../tokens/run-pre-token-generation.ts'
import type { Session, SessionDevice } from '../tokens/session.ts'
import { beginSession } from '../tokens/sessions/begin-session.ts'
import { firstActivity, makeRoomForSession } from '../tokens/sessions/tracked-sessions.ts'
import { invokePostAuthentication } from '../triggers/post-authentication.ts'
import type { TokenGenerationSource } from '../triggers/pre-token-generation.ts'
import { type CallerContext, hasTrigger } from '../triggers/trigger.ts'
import { recordDeviceUse } from '../users/devices/device-repository.ts'
import { methodsOf } from './assurance/methods.ts'
import { requireReady, wrongPassword } from './candidate.ts'
import { findDeviceOfSignIn } from './device-of-sign-in.ts'
import type { Proof, Question, RequiredStep, Verdict } from './factor.ts'
import { passed } from './factors/custom/custom-sign-in.ts'
import { clearAnswers } from './factors/custom/judge-answer.ts'
import { type NextStepDeps, nextStep } from './factors/custom/next-step.ts'
import { rememberedDevice } from './factors/device/ask-device.ts'
import { type NewPasswordDeps, newPassword } from './factors/new-password/new-password.ts'
import { secondFactor } from './second-factor.ts'
import type { SecondFactorDeps } from './second-factors.ts'
import type { Progress, SignIn, Visit } from './sign-in.ts'
import { eventOf, recordSignedIn, recordWaiting } from './sign-in-events.ts'
import { usedSession } from './sign-in-state.ts'
import { attributesOf, subjectOf } from './trigger-facts.ts'

export type ContinueSignInDeps = TokenDeps &
  NewPasswordDeps &
  SecondFactorDeps &
  NextStepDeps & { readonly db: Db; readonly clock: Clock; readonly outbox: Outbox }

/**
 * What stands between the first factor and the tokens, in the order it is asked for. A remembered device proves itself in the place of a
 * second factor, and so comes before it.
 */
const requiredSteps: readonly RequiredStep<ContinueSignInDeps>[] = [newPassword, rememberedDevice, secondFactor]

/** Takes a sign-in one step further: to the next question, or to its tokens. */
export async function continueSignIn(
  deps: ContinueSignInDeps,
  pool: Pool,
  client: AppClient,
  verdict: Verdict,
  visit: Visit,
): Promise<Progress> {
  if (verdict.kind === 'ask') return issueChallenge(deps, pool, verdict.question, verdict.consumes)
  if (verdict.kind === 'custom') return continueCustomAuth(deps, verdict, undefined, visit)
  const { proof } = verdict
  const { user, proofs, consumes } = proof
  requireReady(user)
  const stepUp = proof.stepUp ?? visit.stepUp
  const results = visit.custom && [...visit.custom, passed(proofs.at(-1) ?? '')]
  const signIn = newSignIn(deps, { pool, client, user, proofs, stepUp, custom: results }, visit)
  for (const factor of requiredStepsOf(signIn)) {
    const question = await factor.ask(deps, signIn)
    if (question !== undefined) return issueRecordedChallenge(deps, signIn, question, consumes, visit)
  }
  if (results === undefined) return { kind: 'signed-in', tokens: await complete(deps, signIn, proof, visit) }
  const custom = { pool, client, sub: user.sub, user, name: user.username, proofs, results, caller: visit.caller }
  return continueCustomAuth(deps, { signIn: custom, clientPublic: undefined }, consumes, visit)
}

function newSignIn(deps: ContinueSignInDeps, so: Omit<SignIn, 'deviceKey' | 'eventId' | 'caller'>, visit: Visit): SignIn {
  return { ...so, deviceKey: visit.deviceKey, eventId: eventOf(so.pool, visit, deps.clock.now()), caller: visit.caller }
}

/** A sign-in that goes as the pool's functions say: they have seen the last answer, if there was one, and say what comes now. */
async function continueCustomAuth(
  deps: ContinueSignInDeps,
  { signIn, clientPublic }: Omit<Extract<Verdict, { kind: 'custom' }>, 'kind'>,
  consumes: Proof['consumes'],
  visit: Visit,
): Promise<Progress> {
  const { pool, client, user, proofs, results } = signIn
  const known = user && newSignIn(deps, { pool, client, user, proofs, stepUp: undefined, custom: results }, visit)
  const eventId = known?.eventId ?? eventOf(pool, visit, deps.clock.now())
  const step = await nextStep(deps, signIn, { known, eventId, clientPublic })
  if (step.kind === 'ask') {
    return known === undefined
      ? issueChallenge(deps, pool, step.question, consumes)
      : issueRecordedChallenge(deps, known, step.question, consumes, visit)
  }
  if (step.kind === 'issue-tokens' && known !== undefined) {
    requireReady(known.user)
    const tokens = await complete(deps, known, { consumes }, visit)
    await clearAnswers(deps.codeLockout, { pool, sub: known.user.sub })
    return { kind: 'signed-in', tokens }
  }
  if (consumes !== undefined) await consumeStateOrThrow(deps.db, consumes)
  throw wrongPassword()
}

async function issueRecordedChallenge(
  deps: ContinueSignInDeps,
  signIn: SignIn,
  question: Question,
  consumes: Proof['consumes'],
  visit: Visit,
): Promise<Progress> {
  const progress = await issueChallenge(deps, signIn.pool, question, consumes)
  await recordWaiting(deps, signIn, visit)
  return progress
}

/**
 * The pool's functions say what a custom sign-in takes. But whoever has verified a password in it goes on as after any password, before
 * they are asked (observed); a pool can have them decide about its MFA as well.
 */
function requiredStepsOf({ pool, proofs, custom }: SignIn): readonly RequiredStep<ContinueSignInDeps>[] {
  if (custom === undefined) return requiredSteps
  if (!proofs.includes('PASSWORD_VERIFIER')) return []
  return extensionsOf(pool).customAuth.mfaAfterPassword === 'SKIPPED' ? [newPassword] : requiredSteps
}

/** A question goes out once for each state that led to it, and its message with it. */
async function issueChallenge(
  { db, outbox }: ContinueSignInDeps,
  pool: Pool,
  { queue, ...challenge }: Question,
  consumes: Proof['consumes'],
): Promise<Progress> {
  if (queue === undefined) {
    if (consumes !== undefined) await consumeStateOrThrow(db, consumes)
    return { kind: 'challenge', challenge }
  }
  const delivery = await db.transaction().execute(async (tx) => {
    if (consumes !== undefined) await consumeStateOrThrow(tx, consumes)
    return queue(tx)
  })
  await outbox.afterCommit(pool, delivery === undefined ? [] : [delivery])
  return { kind: 'challenge', challenge }
}

async function complete(deps: ContinueSignInDeps, signIn: SignIn, { consumes }: Pick<Proof, 'consumes'>, visit: Visit) {
  const { pool, client, user } = signIn
  const device = await findDeviceOfSignIn(deps, signIn)
  const shape = await askBeforeTokens(deps, signIn, { consumes, device, caller: visit.caller })
  const now = deps.clock.now()
  const session = draftSession(client, user, now, { activity: firstActivity(pool, visit, now), device })
  // Signing takes the thread pool and storing takes the disk: they can wait for each other's end at the same time.
  const [tokens] = await Promise.all([
    issueTokens(deps, { pool, client, user }, { session, device, customization: shape, ...assuranceOf(signIn) }, now),
    storeSession(deps.db, pool, session, consumes),
  ])
  await recordSignedIn(deps, signIn, visit, session.id)
  if (device?.isConfirmed) await recordDeviceUse(deps.db, { ...session, key: device.key }, { ip: visit.ip ?? null, now })
  return tokens
}

type Ending = Pick<Proof, 'consumes'> & { readonly device: SessionDevice | undefined; readonly caller: CallerContext }

/**
 * The pool's functions have the last word on a sign-in, before anything of it is stored. One whose state has been used is none, and
 * they do not hear of it.
 */
async function askBeforeTokens(
  deps: ContinueSignInDeps,
  signIn: SignIn,
  { consumes, device, caller }: Ending,
): Promise<TokenCustomization | undefined> {
  const { pool, client, user, proofs } = signIn
  if (!hasTrigger(pool, 'PostAuthentication') && !hasTrigger(pool, 'PreTokenGeneration')) return undefined
  if (consumes !== undefined && (await isStateConsumed(deps.db, consumes.id))) throw usedSession()
  const newDeviceUsed = device !== undefined && !device.isConfirmed
  const facts = { userAttributes: attributesOf(pool, user), newDeviceUsed, clientMetadata: caller.clientMetadata }
  await invokePostAuthentication(deps.triggers, subjectOf(signIn, user, user.username, caller), facts)
  return runPreTokenGeneration(deps, { pool, client, user }, occasionOf(proofs), caller)
}

function occasionOf(proofs: SignIn['proofs']): TokenGenerationSource {
  if (proofs.includes('NEW_PASSWORD_REQUIRED')) return 'TokenGeneration_NewPasswordChallenge'
  return proofs.includes('DEVICE_PASSWORD_VERIFIER') ? 'TokenGeneration_AuthenticateDevice' : 'TokenGeneration_Authentication'
}

/** Tokens tell how their user was authenticated where the pool or the client has asked for that to be told. */
function assuranceOf({ pool, proofs, stepUp }: SignIn) {
  const isTold = pool.acrValues !== undefined || stepUp !== undefined
  return { methods: isTold ? methodsOf(proofs) : undefined, since: stepUp?.since }
}

async function storeSession(db: Db, pool: Pool, session: Session, consumes: Proof['consumes']): Promise<void> {
  // A single statement is quicker without a transaction around it.
  if (consumes === undefined && session.activity === null) return beginSession(db, session)
  await db.transaction().execute(async (tx) => {
    if (consumes !== undefined) await consumeStateOrThrow(tx, consumes)
    if (session.activity !== null) await makeRoomForSession(tx, pool, session.sub, session.createdAt)
    await beginSession(tx, session)
  })
}

async function consumeStateOrThrow(db: Db | Tx, state: NonNullable<Proof['consumes']>): Promise<void> {
  if (await consumeState(db, state.id, state.expiresAt)) return
  throw usedSession()
}
