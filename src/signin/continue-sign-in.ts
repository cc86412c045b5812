import type { Outbox } from '../messaging/outbox.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import { requireReady } from './candidate.ts'
import { type CompleteSignIn, type CompleteSignInDeps, consumeStateOrThrow } from './complete-sign-in.ts'
import type { NewChallenge, ProvenStep, RequiredStep, StepOutcome } from './factor.ts'
import { clearAnswerLimit } from './factors/custom/custom-answer-limit.ts'
import { asSignIn, type CustomSignIn } from './factors/custom/custom-sign-in.ts'
import { type DefineAuthChallengeDeps, runDefineAuthChallenge } from './factors/custom/run-define-auth-challenge.ts'
import { rememberedDevice } from './factors/device/device.ts'
import { type KeptDeviceDeps, withKeptDevice } from './factors/device/kept-device.ts'
import { type NewPasswordDeps, newPassword } from './factors/new-password/new-password.ts'
import { type RiskDeps, respondToRisk } from './risk/respond-to-risk.ts'
import { secondFactorStep } from './second-factor-step.ts'
import type { SecondFactorDeps } from './second-factors.ts'
import type { IssuedChallenge, SignIn, SignInContext } from './sign-in.ts'
import { wrongPassword } from './sign-in-errors.ts'
import { recordInProgress, withEventId } from './sign-in-events.ts'
import type { ConsumableState } from './sign-in-state.ts'

export type ContinueSignInDeps = CompleteSignInDeps &
  NewPasswordDeps &
  KeptDeviceDeps &
  SecondFactorDeps &
  DefineAuthChallengeDeps &
  RiskDeps & { readonly outbox: Outbox }

type Complete<Done> = CompleteSignIn<ContinueSignInDeps, Done>

/** Takes a sign-in to its next challenge, or to its end: `complete` says what that is, such as tokens. */
export async function continueSignIn<Done>(
  deps: ContinueSignInDeps,
  context: SignInContext,
  outcome: StepOutcome,
  complete: Complete<Done>,
): Promise<IssuedChallenge | Done> {
  switch (outcome.kind) {
    case 'challenge':
      return issueChallenge(deps, context, outcome.challenge, outcome.consumes)
    case 'custom':
      return continueCustomAuth(deps, outcome.signIn, { clientPublic: outcome.clientPublic, consumes: undefined }, complete)
    case 'proven':
      return continueAfterProof(deps, context, outcome, complete)
  }
}

async function continueAfterProof<Done>(
  deps: ContinueSignInDeps,
  context: SignInContext,
  { user, progress, consumes }: ProvenStep,
  complete: Complete<Done>,
): Promise<IssuedChallenge | Done> {
  requireReady(user)
  const proven = { context, user, progress: withEventId(progress, context.pool, deps.clock.now()) }
  const assessed = await respondToRisk(deps, proven, { consumes, isCustomDone: false })
  const signIn = await withKeptDevice(deps, assessed)
  for (const step of requiredStepsOf(signIn)) {
    const challenge = await step.findChallenge(deps, signIn)
    if (challenge !== undefined) return issueRecordedChallenge(deps, signIn, challenge, consumes)
  }
  const { custom } = signIn.progress
  if (custom === undefined) return complete(deps, signIn, consumes)
  if (signIn.progress.risk?.isCustomDone) return completeCustom(deps, signIn, consumes, complete)
  const customSignIn = { context, sub: user.sub, user, name: user.username, progress: { ...signIn.progress, custom } }
  return continueCustomAuth(deps, customSignIn, { clientPublic: undefined, consumes }, complete)
}

/** The required steps, in the order of their challenges. A remembered device replaces a second factor, so the device comes before it. */
const requiredSteps: readonly RequiredStep<ContinueSignInDeps>[] = [newPassword, rememberedDevice, secondFactorStep]

/**
 * In `CUSTOM_AUTH` the trigger functions decide which challenges come. But a user who has proven the password takes the required steps
 * next, as in other flows. Only after these steps are the functions called (observed). With the extension `mfaAfterPassword`, a pool can
 * leave MFA to the functions as well.
 */
function requiredStepsOf({ context, progress }: SignIn): readonly RequiredStep<ContinueSignInDeps>[] {
  if (progress.custom === undefined) return requiredSteps
  if (progress.risk?.demandsMfa) return requiredSteps
  if (!progress.proofs.includes('PASSWORD_VERIFIER')) return []
  return extensionsOf(context.pool).customAuth.mfaAfterPassword === 'SKIPPED' ? [newPassword] : requiredSteps
}

/** Takes a sign-in of `CUSTOM_AUTH` to the step that its trigger functions define. */
async function continueCustomAuth<Done>(
  deps: ContinueSignInDeps,
  before: CustomSignIn,
  { clientPublic, consumes }: { readonly clientPublic: bigint | undefined; readonly consumes: ConsumableState | undefined },
  complete: Complete<Done>,
): Promise<IssuedChallenge | Done> {
  const { context } = before
  // Decoys get an event id as well: the id makes the Session longer, so a shorter Session would reveal a decoy.
  const custom = { ...before, progress: withEventId(before.progress, context.pool, deps.clock.now()) }
  const step = await runDefineAuthChallenge(deps, custom, clientPublic)
  const signIn = asSignIn(custom)
  if (step.kind === 'challenge') {
    return signIn === undefined
      ? issueChallenge(deps, context, step.challenge, consumes)
      : issueRecordedChallenge(deps, signIn, step.challenge, consumes)
  }
  if (step.kind === 'issue-tokens' && signIn !== undefined) {
    requireReady(signIn.user)
    const assessed = await respondToRisk(deps, withFirstProof(signIn), { consumes, isCustomDone: true })
    const challenge = assessed.progress.risk?.demandsMfa ? await secondFactorStep.findChallenge(deps, assessed) : undefined
    return challenge === undefined
      ? completeCustom(deps, assessed, consumes, complete)
      : issueRecordedChallenge(deps, assessed, challenge, consumes)
  }
  if (consumes !== undefined) await consumeStateOrThrow(deps.db, consumes)
  throw wrongPassword()
}

/** Custom challenges are no proofs. But a user who has passed them has proven a first factor, and what follows is the second one. */
function withFirstProof(signIn: SignIn): SignIn {
  const { progress } = signIn
  return progress.proofs.length > 0 ? signIn : { ...signIn, progress: { ...progress, proofs: ['CUSTOM_CHALLENGE'] } }
}

async function completeCustom<Done>(
  deps: ContinueSignInDeps,
  signIn: SignIn,
  consumes: ConsumableState | undefined,
  complete: Complete<Done>,
): Promise<Done> {
  const done = await complete(deps, signIn, consumes)
  await clearAnswerLimit(deps.codeLockout, signIn.context.pool, signIn.user.sub)
  return done
}

async function issueRecordedChallenge(
  deps: ContinueSignInDeps,
  signIn: SignIn,
  challenge: NewChallenge,
  consumes: ConsumableState | undefined,
): Promise<IssuedChallenge> {
  const result = await issueChallenge(deps, signIn.context, challenge, consumes)
  await recordInProgress(deps, signIn)
  return result
}

/**
 * Issues a challenge, and consumes the state that led to it. So a state leads to one challenge only, and the message of that challenge is
 * sent once.
 */
async function issueChallenge(
  { db, outbox }: ContinueSignInDeps,
  { pool }: SignInContext,
  { queue, ...challenge }: NewChallenge,
  consumes: ConsumableState | undefined,
): Promise<IssuedChallenge> {
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
