import type { AuditedCall } from '../audit/audited-caller.ts'
import { ApiError } from '../contract/api-error.ts'
import { requireSecretHash } from '../pools/secret-hash.ts'
import { requireAllowedAddress } from '../protection/risk/blocked-address.ts'
import type { UserContext } from '../protection/user-context.ts'
import type { CallerContext } from '../triggers/trigger.ts'
import { choiceFactors } from './choice/answer-choice.ts'
import { type CompleteSignIn, completeSignIn } from './complete-sign-in.ts'
import { type ContinueSignInDeps, continueSignIn } from './continue-sign-in.ts'
import type { Factor } from './factor.ts'
import { customChallenge } from './factors/custom/custom-challenge.ts'
import { devicePassword, deviceSrp } from './factors/device/device.ts'
import { findDeviceStep } from './factors/device/device-step.ts'
import { mfaSetup } from './factors/mfa-setup/mfa-setup.ts'
import { newPassword } from './factors/new-password/new-password.ts'
import { answerByRecoveryCode, attemptedProof } from './factors/recovery-code/recovery-code.ts'
import { selectMfa } from './factors/select-mfa/select-mfa.ts'
import { srp } from './factors/srp/srp.ts'
import type { SignInDeps } from './initiate.ts'
import { type RequestParameters, requireParameter } from './parameters.ts'
import { openState } from './sealed-state.ts'
import { secondFactors } from './second-factors.ts'
import { type ChallengeName, type IssuedChallenge, noProgress, type PoolAndClient, type SignInContext, type StepResult } from './sign-in.ts'
import { recordingWrongProofs } from './sign-in-events.ts'
import { countingStep } from './sign-in-metrics.ts'
import type { SignInState } from './sign-in-state.ts'
import { slowingDown } from './slow-down.ts'
import { fromSecretBlock } from './srp-exchange.ts'

/** Every challenge that can be answered. A new factor is one new folder and one line here. */
const factors: readonly Factor<SignInDeps>[] = [
  srp,
  // `choiceFactors` come before the second factors: both lists have a factor for EMAIL_OTP, and the first match is used.
  ...choiceFactors,
  newPassword,
  ...Object.values(secondFactors),
  selectMfa,
  mfaSetup,
  deviceSrp,
  devicePassword,
  customChallenge,
]

type RespondRequest = {
  readonly challenge: ChallengeName
  readonly session: string | undefined
  readonly responses: RequestParameters
  /** Describes the user's own browser or app, as far as it is known. */
  readonly userContext: UserContext & Pick<SignInContext, 'keptDevices' | 'needsAllFactors' | 'workProof'>
  readonly caller: CallerContext
  /** The audit record of the call; undefined in the public API. */
  readonly audit: AuditedCall | undefined
}

/**
 * Takes the answer to a challenge.
 *
 * @throws ApiError when the answer is wrong. The Session can then be used for another attempt, except that of a CUSTOM_CHALLENGE.
 */
export function respond(deps: SignInDeps, poolAndClient: PoolAndClient, request: RespondRequest): Promise<StepResult> {
  const { challenge, responses } = request
  return countingStep(deps.countSignInStep, attemptedProof(poolAndClient.pool, challenge, responses), async () => {
    requireFactor(challenge)
    requireSecretHash(poolAndClient.client, requireParameter(responses, 'USERNAME'), responses['SECRET_HASH'])
    return takeAnswer(deps, poolAndClient, request, completeSignIn)
  })
}

/** Takes the answer to a challenge, whichever way it came. `complete` says what a sign-in ends in. */
export async function takeAnswer<Done extends { readonly kind: string }>(
  deps: SignInDeps,
  { pool, client }: PoolAndClient,
  request: RespondRequest,
  complete: CompleteSignIn<ContinueSignInDeps, Done>,
): Promise<IssuedChallenge | Done> {
  const { challenge, responses, userContext, caller } = request
  const factor = requireFactor(challenge)
  const username = requireParameter(responses, 'USERNAME')
  const state = await findState(deps, { pool, client }, request)
  const context: SignInContext = {
    ...userContext,
    pool,
    client,
    caller,
    deviceKey: responses['DEVICE_KEY'] || undefined,
    validationData: undefined,
    recordedEventId: state?.progress.eventId,
    audit: request.audit,
  }
  await requireAllowedAddress(deps, context)
  const tried = attemptedProof(pool, challenge, responses)
  const attempt = { username, challenge: tried, ...(state?.progress ?? noProgress) }
  const answer = { context, state, responses }
  const handle = () => (tried === 'RECOVERY_CODE' ? answerByRecoveryCode(deps, answer, challenge) : factor.handleAnswer(deps, answer))
  return slowingDown(deps, context, { username, isGuess: attempt.proofs.length === 0 && bringsPassword(request) }, () =>
    recordingWrongProofs(deps, context, attempt, async () => continueSignIn(deps, context, await handle(), complete)),
  )
}

const bringsPassword = ({ challenge, responses }: Pick<RespondRequest, 'challenge' | 'responses'>): boolean =>
  challenge === 'PASSWORD_VERIFIER' || Boolean(responses['PASSWORD'])

function requireFactor(challenge: ChallengeName): Factor<SignInDeps> {
  const factor = factors.find((candidate) => candidate.challenge === challenge)
  if (factor !== undefined) return factor
  throw new ApiError('UnsupportedOperationException', `This server does not offer the ${challenge} challenge yet.`)
}

/**
 * The sign-in state that the answer came with, or that is stored for the answer (see `findDeviceStep`). The factor of the challenge checks
 * whether the state belongs to this client and challenge.
 */
async function findState(
  deps: SignInDeps,
  poolAndClient: PoolAndClient,
  { challenge, session, responses }: RespondRequest,
): Promise<SignInState | undefined> {
  if (challenge === 'DEVICE_SRP_AUTH' && session === undefined) return findDeviceStep(deps, poolAndClient, responses)
  const isInSecretBlock = challenge === 'PASSWORD_VERIFIER' || challenge === 'DEVICE_PASSWORD_VERIFIER'
  const text = isInSecretBlock
    ? fromSecretBlock(requireParameter(responses, 'PASSWORD_CLAIM_SECRET_BLOCK'))
    : requireParameter({ Session: session ?? '' }, 'Session')
  return openState(deps.secrets, text)
}
