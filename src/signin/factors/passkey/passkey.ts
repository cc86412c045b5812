import { randomBytes } from 'node:crypto'
import { ApiError } from '../../../contract/api-error.ts'
import { isStateConsumed } from '../../../storage/consumed-state-repository.ts'
import type { Passkey } from '../../../users/passkeys/passkey.ts'
import { recordPasskeyUse } from '../../../users/passkeys/passkey-repository.ts'
import { writeRequestOptions } from '../../../users/passkeys/passkey-wire.ts'
import { type Assertion, readAssertion, verifyAssertion } from '../../../users/passkeys/verify-assertion.ts'
import { wrongPassword } from '../../candidate.ts'
import { type ChoiceState, newChoiceState, sealChoiceState } from '../../choice/choice-state.ts'
import type { Choices, Chooser } from '../../choice/choices.ts'
import type { Verdict } from '../../factor.ts'
import type { LaterStepDeps } from '../../later-step.ts'
import type { Challenge } from '../../sign-in.ts'
import { invalidSession, usedSession } from '../../sign-in-state.ts'

/** WEB_AUTHN: the options that a page hands to the browser, for whichever of the user's passkeys is at hand. */
export function askForPasskey(
  deps: LaterStepDeps,
  chooser: Chooser,
  { passkeys, relyingParty, requireUserVerification }: Choices,
): Challenge {
  if (relyingParty === undefined) throw invalidSession()
  const challenge = randomBytes(32).toString('base64url')
  const options = writeRequestOptions({ challenge, relyingParty, passkeys }, { requireUserVerification })
  return {
    name: 'WEB_AUTHN',
    parameters: { CREDENTIAL_REQUEST_OPTIONS: JSON.stringify(options) },
    session: sealChoiceState(deps, newChoiceState(deps, chooser, 'WEB_AUTHN'), { challenge }),
  }
}

/**
 * A signature over the challenge by a passkey of the user. Throws NotAuthorizedException for any that is not. Failures are not counted:
 * signatures cannot be guessed, and a lock would only keep the owner out.
 */
export async function provePasskey(
  deps: LaterStepDeps,
  { user }: Chooser,
  choices: Choices,
  state: ChoiceState,
  credential: string,
): Promise<Verdict> {
  const assertion = readAssertion(credential)
  if (assertion === undefined) throw new ApiError('InvalidParameterException', 'CREDENTIAL is not the answer of a passkey.')
  const passkey = choices.passkeys.find(({ id }) => id === assertion.id)
  const isProven = passkey !== undefined && (await isUsed(deps, assertion, passkey, { choices, state }))
  // A passkey that counts refuses a second use before anybody asks whether the Session was used.
  if (!isProven || user === undefined) throw (await isStateConsumed(deps.db, state.id)) ? usedSession() : wrongPassword()
  return { kind: 'proven', proof: { user, proofs: ['WEB_AUTHN'], consumes: state } }
}

type Asked = { readonly choices: Choices; readonly state: ChoiceState }

/** Whether this is a use of the passkey for this question, the first one with its count. */
async function isUsed({ db, clock }: LaterStepDeps, assertion: Assertion, passkey: Passkey, { choices, state }: Asked): Promise<boolean> {
  const { relyingParty, requireUserVerification } = choices
  const { challenge } = state.memory
  if (relyingParty === undefined || challenge === undefined) return false
  const counter = await verifyAssertion(assertion, passkey, { challenge, relyingParty, requireUserVerification })
  return counter !== undefined && recordPasskeyUse(db, passkey, { counter, now: clock.now() })
}
