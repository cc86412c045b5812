import { randomBytes } from 'node:crypto'
import { ApiError } from '../../../contract/api-error.ts'
import { isStateConsumed } from '../../../storage/consumed-state-repository.ts'
import type { Passkey } from '../../../users/passkeys/passkey.ts'
import { recordPasskeyUse } from '../../../users/passkeys/passkey-repository.ts'
import { writeRequestOptions } from '../../../users/passkeys/passkey-wire.ts'
import { type Assertion, readAssertion, verifyAssertion } from '../../../users/passkeys/verify-assertion.ts'
import { type ChoiceState, newChoiceState, sealChoiceState } from '../../choice/choice-state.ts'
import type { ChoiceSignIn, Choices } from '../../choice/choices.ts'
import type { ProvenStep } from '../../factor.ts'
import type { LaterStepDeps } from '../../later-step.ts'
import { type Challenge, withProof } from '../../sign-in.ts'
import { invalidSession, usedSession, wrongPassword } from '../../sign-in-errors.ts'

/** WEB_AUTHN: the options that a page passes to the browser. The user may answer with any of their passkeys for the relying party. */
export function createPasskeyChallenge(
  deps: LaterStepDeps,
  signIn: ChoiceSignIn,
  { passkeys, relyingParty, requireUserVerification }: Choices,
): Challenge {
  if (relyingParty === undefined) throw invalidSession()
  const challenge = randomBytes(32).toString('base64url')
  const options = writeRequestOptions({ challenge, relyingParty, passkeys }, { requireUserVerification })
  return {
    name: 'WEB_AUTHN',
    parameters: { CREDENTIAL_REQUEST_OPTIONS: JSON.stringify(options) },
    session: sealChoiceState(deps, newChoiceState(deps, signIn, 'WEB_AUTHN'), { challenge }),
  }
}

type PasskeyAnswer = {
  readonly choices: Choices
  readonly state: ChoiceState
  /** The parameter CREDENTIAL of the answer. */
  readonly credential: string
}

/**
 * Checks a passkey's signature over the challenge. Wrong signatures are not counted: a signature cannot be guessed, and a lock would only
 * keep the owner out.
 *
 * @throws ApiError NotAuthorizedException when the signature is wrong, the passkey is not the user's, or the Session was used.
 * @throws ApiError InvalidParameterException when CREDENTIAL cannot be read.
 */
export async function provePasskey(deps: LaterStepDeps, { user }: ChoiceSignIn, answer: PasskeyAnswer): Promise<ProvenStep> {
  const { choices, state, credential } = answer
  const assertion = readAssertion(credential)
  if (assertion === undefined) throw new ApiError('InvalidParameterException', 'CREDENTIAL is not the answer of a passkey.')
  const passkey = choices.passkeys.find(({ id }) => id === assertion.id)
  const isProven = passkey !== undefined && (await isPasskeyProof(deps, assertion, passkey, answer))
  // If the same answer comes twice and the passkey has a counter, the check of the counter fails before the used Session is noticed. The
  // client gets the message about the used Session all the same.
  if (!isProven || user === undefined) throw (await isStateConsumed(deps.db, state.id)) ? usedSession() : wrongPassword()
  return { kind: 'proven', user, progress: withProof(state.progress, 'WEB_AUTHN'), consumes: state }
}

/** Whether the passkey signed this challenge, with a counter that was not used before. */
async function isPasskeyProof(
  { db, clock }: LaterStepDeps,
  assertion: Assertion,
  passkey: Passkey,
  { choices, state }: PasskeyAnswer,
): Promise<boolean> {
  const { relyingParty, requireUserVerification } = choices
  const { challenge } = state.memory
  if (relyingParty === undefined || challenge === undefined) return false
  const counter = await verifyAssertion(assertion, passkey, { challenge, relyingParty, requireUserVerification })
  return counter !== undefined && recordPasskeyUse(db, passkey, { counter, now: clock.now() })
}
