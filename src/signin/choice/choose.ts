import type { CallerContext } from '../../triggers/trigger.ts'
import type { StepUpDeps } from '../assurance/step-up.ts'
import type { Answer, Question, Verdict } from '../factor.ts'
import { askForOneTimeCode, proveOneTimeCode } from '../factors/one-time-code/one-time-code.ts'
import { askForPasskey, provePasskey } from '../factors/passkey/passkey.ts'
import { type PasswordDeps, provePassword } from '../factors/password/start-password.ts'
import { askForSrpProof, requireClientPublic, type SrpDeps } from '../factors/srp/srp.ts'
import type { SentCodeDeps } from '../sent-code.ts'
import { type ChoiceState, newChoiceState, sealChoiceState } from './choice-state.ts'
import type { ChoiceName, Choices, ChoicesDeps, Chooser } from './choices.ts'

export type ChoiceDeps = ChoicesDeps & PasswordDeps & SrpDeps & SentCodeDeps & StepUpDeps

/** Where each way to begin has its proof in the parameters of a request. */
export const proofKeys: Readonly<Record<ChoiceName, string>> = {
  PASSWORD_SRP: 'SRP_A',
  PASSWORD: 'PASSWORD',
  EMAIL_OTP: 'EMAIL_OTP_CODE',
  SMS_OTP: 'SMS_OTP_CODE',
  WEB_AUTHN: 'CREDENTIAL',
}

/** The question which of them it shall be. */
export function askForChoice(deps: ChoiceDeps, chooser: Chooser, { available }: Choices): Question {
  const session = sealChoiceState(deps, newChoiceState(deps, chooser, undefined))
  return { name: 'SELECT_CHALLENGE', parameters: {}, session, available }
}

/** The question of the one that was chosen. What else is available stays so. */
export async function askForChosen(deps: ChoiceDeps, chooser: Chooser, choices: Choices, chosen: ChoiceName): Promise<Question> {
  return { ...(await questionOf(deps, chooser, choices, chosen)), available: choices.available }
}

async function questionOf(deps: ChoiceDeps, chooser: Chooser, choices: Choices, chosen: ChoiceName): Promise<Question> {
  switch (chosen) {
    case 'PASSWORD':
    case 'PASSWORD_SRP':
      return { name: chosen, parameters: {}, session: sealChoiceState(deps, newChoiceState(deps, chooser, chosen)) }
    case 'EMAIL_OTP':
    case 'SMS_OTP':
      return askForOneTimeCode(deps, chooser, chosen)
    case 'WEB_AUTHN':
      return askForPasskey(deps, chooser, choices)
  }
}

type Proving = {
  readonly choices: Choices
  readonly chosen: ChoiceName
  readonly parameters: Answer['responses']
  /** Undefined at the beginning of a sign-in. */
  readonly state: ChoiceState | undefined
  readonly caller: CallerContext
}

/**
 * What comes of the proof that was brought along; undefined when none was, or one to a question that has not been asked. Of SRP that is
 * the next question: with it comes a Session to choose again with.
 */
export async function proveChosen(deps: ChoiceDeps, chooser: Chooser, proving: Proving): Promise<Verdict | undefined> {
  const { choices, chosen, parameters, state, caller } = proving
  const proof = parameters[proofKeys[chosen]]
  if (!proof) return undefined
  const { pool, client, name, stepUp } = chooser
  switch (chosen) {
    case 'PASSWORD': {
      const proven = await provePassword(deps, pool, client, chooser, { username: name, password: proof, proves: 'PASSWORD' })
      return { ...proven, proof: { ...proven.proof, consumes: state, stepUp } }
    }
    case 'PASSWORD_SRP': {
      const question = await askForSrpProof(deps, pool, client, chooser, {
        username: name,
        a: requireClientPublic(proof),
        stepUp,
        custom: undefined,
      })
      const session = sealChoiceState(deps, newChoiceState(deps, chooser, chosen))
      return { kind: 'ask', question: { ...question, session, available: choices.available }, consumes: state }
    }
    case 'EMAIL_OTP':
    case 'SMS_OTP':
      return state?.memory.asked === chosen ? proveOneTimeCode(deps, chooser, chosen, { state, code: proof, caller }) : undefined
    case 'WEB_AUTHN':
      return state?.memory.asked === chosen ? provePasskey(deps, chooser, choices, state, proof) : undefined
  }
}
