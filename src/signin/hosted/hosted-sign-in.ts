import { newOrderedId } from '../../base/ordered-id.ts'
import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import { requireAllowedAddress } from '../../protection/risk/blocked-address.ts'
import type { UserContext } from '../../protection/user-context.ts'
import { isStateConsumed } from '../../storage/consumed-state-repository.ts'
import type { AuthMethod, RequestedAssurance } from '../../tokens/assurance.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { usableMfa } from '../../users/mfa/mfa-methods.ts'
import { hasSoftwareToken } from '../../users/mfa/software-token-repository.ts'
import { provesSecondFactor } from '../../users/self-service/self-service.ts'
import type { User } from '../../users/user.ts'
import { chooseGoal } from '../assurance/goal.ts'
import { levelReached, methodsOf } from '../assurance/methods.ts'
import { startChoice } from '../choice/start-choice.ts'
import { assuranceOf, type CompleteSignIn, consumeStateOrThrow } from '../complete-sign-in.ts'
import { type ContinueSignInDeps, continueSignIn } from '../continue-sign-in.ts'
import type { StepOutcome } from '../factor.ts'
import { startPassword } from '../factors/password/start-password.ts'
import { attemptedProof } from '../factors/recovery-code/recovery-code.ts'
import type { SignInDeps } from '../initiate.ts'
import type { RequestParameters } from '../parameters.ts'
import { takeAnswer } from '../respond.ts'
import type { ChallengeName, IssuedChallenge, PoolAndClient, SignIn, SignInContext, StepUp } from '../sign-in.ts'
import { usedSession } from '../sign-in-errors.ts'
import { recordingWrongProofs, recordSignedIn } from '../sign-in-events.ts'
import { countingStep } from '../sign-in-metrics.ts'
import { runPostAuthentication } from '../sign-in-triggers.ts'
import { slowingDown } from '../slow-down.ts'

/** A user who has proven everything on the hosted pages. There are no tokens yet: the app gets them for a code. */
export type HostedSignIn = {
  readonly kind: 'signed-in'
  readonly user: User
  /** When the user was authenticated, in epoch seconds. */
  readonly authTime: number
  /**
   * When the user proved who they are, in epoch seconds. At an identity provider that can be long before: in its own session. Undefined where
   * the provider does not say.
   */
  readonly provenAt: number | undefined
  /** Undefined where tokens carry neither `amr` nor `acr`. */
  readonly methods: readonly AuthMethod[] | undefined
  /** Whether the user has proven a second factor, or a passkey that counts as one. A remembered device does not count. */
  readonly hasSecondFactor: boolean
}

/** The app client that a user signs in to on the pages, and the levels of assurance that it asks for. */
export type PageOwner = PoolAndClient & { readonly assurance?: RequestedAssurance | undefined }

/** What every step of a sign-in on the pages ends in: a further step, or the end. */
export type PageStepResult = IssuedChallenge | HostedSignIn

/** What is known of the user's browser. */
export type PageVisitor = UserContext &
  Pick<SignInContext, 'workProof' | 'needsAllFactors'> & { readonly keptDevices: SignInContext['keptDevices'] }

type From = { readonly from: PageVisitor }

/**
 * A sign-in with name and password on the hosted pages. It is the flow USER_PASSWORD_AUTH, except that the ExplicitAuthFlows of the client
 * do not count, and that it does not end in tokens.
 *
 * @throws ApiError as InitiateAuth does.
 */
export function signInOnPage(
  deps: SignInDeps,
  owner: PageOwner,
  { username, password, from }: From & { readonly username: string; readonly password: string },
): Promise<PageStepResult> {
  return beginOnPage(deps, owner, { flow: 'USER_PASSWORD_AUTH', username, from }, (context) =>
    startPassword(deps, context, { username, password }),
  )
}

/**
 * A sign-in that begins with the name only, and lets the user choose the first factor (USER_AUTH). `session` is that of a sign-up or its
 * confirmation.
 *
 * @throws ApiError as InitiateAuth does.
 */
export function chooseOnPage(
  deps: SignInDeps,
  owner: PageOwner,
  { username, session, from }: From & { readonly username: string; readonly session?: string | undefined },
): Promise<PageStepResult> {
  return beginOnPage(deps, owner, { flow: 'USER_AUTH', username, from }, (context) =>
    startChoice(deps, context, { username, parameters: {}, session, levels: owner.assurance?.levels }),
  )
}

type Beginning = From & {
  /** EMAIL_OTP: the sign-in has begun before, and goes on by a link. */
  readonly flow: 'USER_PASSWORD_AUTH' | 'USER_AUTH' | 'EMAIL_OTP'
  readonly username: string | undefined
}

/** Begins a sign-in on a page, or continues one that has no Session. The username is undefined where the first proof names the user. */
export function beginOnPage(
  deps: SignInDeps,
  owner: PageOwner,
  { flow, username, from }: Beginning,
  begin: (context: SignInContext) => Promise<StepOutcome>,
): Promise<PageStepResult> {
  const { pool, client } = owner
  const caller = callerContextOf(client, from, undefined)
  const unknown = { deviceKey: undefined, validationData: undefined, recordedEventId: undefined, audit: undefined }
  const context: SignInContext = { ...from, ...unknown, pool, client, caller }
  const attempt = { username, challenge: flow === 'EMAIL_OTP' ? flow : 'PASSWORD', proofs: [] } as const
  return countingStep(deps.countSignInStep, flow, () =>
    slowingDown(deps, context, { username, isGuess: flow !== 'EMAIL_OTP' }, () =>
      recordingWrongProofs(deps, context, attempt, async () => {
        await requireAllowedAddress(deps, context)
        return continueSignIn(deps, context, await begin(context), completeOnPage(owner))
      }),
    ),
  )
}

type Answer = From & { readonly challenge: ChallengeName; readonly session: string; readonly responses: RequestParameters }

/**
 * The answer to a challenge of a sign-in on the pages.
 *
 * @throws ApiError as RespondToAuthChallenge does.
 */
export function answerOnPage(deps: SignInDeps, owner: PageOwner, { from, ...answer }: Answer): Promise<PageStepResult> {
  const request = { ...answer, userContext: from, caller: callerContextOf(owner.client, from, undefined), audit: undefined }
  const step = attemptedProof(owner.pool, answer.challenge, answer.responses)
  return countingStep(deps.countSignInStep, step, () => takeAnswer(deps, owner, request, completeOnPage(owner)))
}

/**
 * Goes on to a second factor if the app asks for a level of assurance that needs one. Otherwise calls PostAuthentication and records the
 * sign-in. PreTokenGeneration is called later, when tokens are issued.
 */
const completeOnPage =
  (owner: PageOwner): CompleteSignIn<ContinueSignInDeps, PageStepResult> =>
  async (deps, signIn, consumes) => {
    const stepUp = await findStepUp(deps, owner, signIn)
    if (stepUp !== undefined) {
      const progress = { ...signIn.progress, stepUp }
      return continueSignIn(deps, signIn.context, { kind: 'proven', user: signIn.user, progress, consumes }, completeOnPage(owner))
    }
    // An answer that comes twice must not run the trigger twice.
    if (consumes !== undefined && (await isStateConsumed(deps.db, consumes.id))) throw usedSession()
    await runPostAuthentication(deps, signIn, isNewDevice(signIn))
    if (consumes !== undefined) await consumeStateOrThrow(deps.db, consumes)
    const now = deps.clock.now()
    await recordSignedIn(deps, signIn, signIn.progress.eventId ?? newOrderedId(now))
    const methods = methodsByManner[mannerOf(owner.pool)](signIn)
    const authTime = Math.floor(now / 1000)
    const hasSecondFactor = provesSecondFactor(owner.pool, methodsOf(signIn.progress.proofs))
    return { kind: 'signed-in', user: signIn.user, authTime, provenAt: authTime, methods, hasSecondFactor }
  }

/** How the user was authenticated, as far as tokens of the pool's manner say it. Those of manner strict always do. */
const methodsByManner: Readonly<Record<Manner, (signIn: SignIn) => readonly AuthMethod[] | undefined>> = {
  COGNITO: (signIn) => assuranceOf(signIn).methods,
  STRICT: ({ progress }) => methodsOf(progress.proofs),
}

/**
 * The step-up to the first level that the app asks for and that the user can reach. Undefined when the user has reached it, or can reach none.
 * A sign-in steps up once: after that, its proofs are what they are.
 */
async function findStepUp(
  { db }: ContinueSignInDeps,
  { pool, assurance }: PageOwner,
  { user, progress }: SignIn,
): Promise<StepUp | undefined> {
  if (assurance === undefined || progress.stepUp !== undefined) return undefined
  const abilities = { firsts: [], seconds: usableMfa(pool, user, await hasSoftwareToken(db, user)) }
  const goal = chooseGoal(assurance.levels, progress.proofs, abilities)
  return goal === undefined || goal <= levelReached(progress.proofs) ? undefined : { goal }
}

/** Whether the browser keeps no device of the user, in pools that track devices. */
const isNewDevice = ({ context: { pool, keptDevices }, user }: SignIn): boolean =>
  pool.devices !== undefined && !keptDevices?.some(({ sub }) => sub === user.sub)
