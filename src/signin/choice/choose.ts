import type { StepUpDeps } from '../assurance/step-up.ts'
import type { NewChallenge, StepOutcome } from '../factor.ts'
import type { SentCodeDeps } from '../factors/message/sent-code.ts'
import { createOneTimeCodeChallenge, proveOneTimeCode } from '../factors/one-time-code/one-time-code.ts'
import { createPasskeyChallenge, provePasskey } from '../factors/passkey/passkey.ts'
import type { PasswordDeps } from '../factors/password/migrate-at-sign-in.ts'
import { provePassword } from '../factors/password/start-password.ts'
import { createSrpChallenge, type SrpDeps } from '../factors/srp/srp.ts'
import type { RequestParameters } from '../parameters.ts'
import { noProgress } from '../sign-in.ts'
import { requireClientPublic } from '../srp-exchange.ts'
import { type ChoiceState, newChoiceState, sealChoiceState } from './choice-state.ts'
import type { ChoiceSignIn, Choices, ChoicesDeps } from './choices.ts'
import { type FirstFactor, proofParameters } from './first-factor.ts'

export type ChoiceDeps = ChoicesDeps & PasswordDeps & SrpDeps & SentCodeDeps & StepUpDeps

/** SELECT_CHALLENGE asks which first factor the user chooses. */
export function createSelectChallenge(deps: ChoiceDeps, signIn: ChoiceSignIn, { available }: Choices): NewChallenge {
  const session = sealChoiceState(deps, newChoiceState(deps, signIn, undefined))
  return { name: 'SELECT_CHALLENGE', parameters: {}, session, available }
}

/** The challenge of the chosen first factor. The user can still choose another available factor instead. */
export async function createChosenChallenge(
  deps: ChoiceDeps,
  signIn: ChoiceSignIn,
  choices: Choices,
  chosen: FirstFactor,
): Promise<NewChallenge> {
  return { ...(await createFirstFactorChallenge(deps, signIn, choices, chosen)), available: choices.available }
}

async function createFirstFactorChallenge(
  deps: ChoiceDeps,
  signIn: ChoiceSignIn,
  choices: Choices,
  chosen: FirstFactor,
): Promise<NewChallenge> {
  switch (chosen) {
    case 'PASSWORD':
    case 'PASSWORD_SRP':
      return { name: chosen, parameters: {}, session: sealChoiceState(deps, newChoiceState(deps, signIn, chosen)) }
    case 'EMAIL_OTP':
    case 'SMS_OTP':
      return createOneTimeCodeChallenge(deps, signIn, chosen)
    case 'WEB_AUTHN':
      return createPasskeyChallenge(deps, signIn, choices)
  }
}

type Choice = {
  readonly choices: Choices
  readonly chosen: FirstFactor
  readonly parameters: RequestParameters
  /** Undefined at the beginning of a sign-in. */
  readonly state: ChoiceState | undefined
}

/**
 * Checks the proof of the chosen first factor, if the request brings one. Undefined when the request brings no proof. Undefined also for a
 * code or a passkey's signature, unless the Session of the answer comes from a challenge of the chosen factor. SRP_A leads to the challenge
 * PASSWORD_VERIFIER, with a Session that lets the user choose again.
 *
 * @throws ApiError when the proof is wrong.
 */
export async function proveChoice(deps: ChoiceDeps, signIn: ChoiceSignIn, choice: Choice): Promise<StepOutcome | undefined> {
  const { choices, chosen, parameters, state } = choice
  const proof = parameters[proofParameters[chosen]]
  if (!proof) return undefined
  const { context, name, stepUp } = signIn
  switch (chosen) {
    case 'PASSWORD': {
      const outcome = await provePassword(deps, context, signIn, { username: name, password: proof }, { ...noProgress, stepUp })
      return { ...outcome, consumes: state }
    }
    case 'PASSWORD_SRP': {
      const clientPublic = requireClientPublic(proof)
      const challenge = await createSrpChallenge(deps, context, signIn, {
        username: name,
        clientPublic,
        progress: { ...noProgress, stepUp },
      })
      const session = sealChoiceState(deps, newChoiceState(deps, signIn, chosen))
      return { kind: 'challenge', challenge: { ...challenge, session, available: choices.available }, consumes: state }
    }
    case 'EMAIL_OTP':
    case 'SMS_OTP':
      return state?.memory.chosen === chosen ? proveOneTimeCode(deps, signIn, chosen, { state, code: proof }) : undefined
    case 'WEB_AUTHN':
      return state?.memory.chosen === chosen ? provePasskey(deps, signIn, { choices, state, credential: proof }) : undefined
  }
}
