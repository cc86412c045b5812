import { ApiError } from '../contract/api-error.ts'
import type { RequestContext } from '../contract/operation.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import { requireSecretHash } from '../pools/secret-hash.ts'
import type { CallerContext } from '../triggers/trigger.ts'
import { choiceFactors } from './choice/answer-choice.ts'
import { continueSignIn } from './continue-sign-in.ts'
import type { Factor } from './factor.ts'
import { customChallenge } from './factors/custom/custom-challenge.ts'
import { devicePassword, deviceSrp } from './factors/device/device.ts'
import { findDeviceStep } from './factors/device/device-step.ts'
import { mfaSetup } from './factors/mfa-setup/mfa-setup.ts'
import { newPassword } from './factors/new-password/new-password.ts'
import { selectMfa } from './factors/select-mfa/select-mfa.ts'
import { srp } from './factors/srp/srp.ts'
import type { SignInDeps } from './initiate.ts'
import { requireParameter } from './parameters.ts'
import { secondFactors } from './second-factors.ts'
import type { ChallengeName, Progress, Visit } from './sign-in.ts'
import { recordingWrongProofs } from './sign-in-events.ts'
import { peekAtState, type SignInState } from './sign-in-state.ts'
import { fromSecretBlock } from './srp-exchange.ts'

/** Every challenge that can be answered. A new factor is one new folder and one line here. */
const factors: readonly Factor<SignInDeps>[] = [
  srp,
  // Before the second factors, one of which is called like one of these.
  ...choiceFactors,
  newPassword,
  ...Object.values(secondFactors),
  selectMfa,
  mfaSetup,
  deviceSrp,
  devicePassword,
  customChallenge,
]

export type Response = {
  readonly challenge: ChallengeName
  readonly session: string | undefined
  readonly responses: Readonly<Record<string, string>>
  readonly context: RequestContext
  readonly caller: CallerContext
}

/** Takes the answer to a challenge. Throws ApiError when it is wrong; the session then stays good for another try. */
export async function respond(
  deps: SignInDeps,
  pool: Pool,
  client: AppClient,
  { challenge, session, responses, context, caller }: Response,
): Promise<Progress> {
  const factor = factors.find((candidate) => candidate.challenge === challenge)
  if (factor === undefined)
    throw new ApiError('UnsupportedOperationException', `This server does not offer the ${challenge} challenge yet.`)
  const username = requireParameter(responses, 'USERNAME')
  requireSecretHash(client, username, responses['SECRET_HASH'])
  const state = await stateOf(deps, pool, client, { challenge, session, responses })
  const { proofs = [], eventId, stepUp, custom } = state ?? {}
  const deviceKey = responses['DEVICE_KEY'] || undefined
  const visit: Visit = { ...context, deviceKey, eventId, stepUp, custom, caller, validationData: undefined }
  return recordingWrongProofs(deps, { pool, client, visit, username, challenge, proofs }, async () =>
    continueSignIn(deps, pool, client, await factor.answer(deps, { pool, client, state, responses, caller }), visit),
  )
}

/** What there has been of the sign-in so far. Whether the state is any good is for the factor to say (see `requireState`). */
async function stateOf(
  deps: SignInDeps,
  pool: Pool,
  client: AppClient,
  { challenge, session, responses }: Pick<Response, 'challenge' | 'session' | 'responses'>,
): Promise<SignInState | undefined> {
  if (challenge === 'DEVICE_SRP_AUTH' && session === undefined) return findDeviceStep(deps, pool, client, responses)
  const isInBlock = challenge === 'PASSWORD_VERIFIER' || challenge === 'DEVICE_PASSWORD_VERIFIER'
  const text = isInBlock
    ? fromSecretBlock(requireParameter(responses, 'PASSWORD_CLAIM_SECRET_BLOCK'))
    : requireParameter({ Session: session ?? '' }, 'Session')
  return peekAtState(deps.secrets, text)
}
