import type { SetupDeps } from '../../signin/factors/mfa-setup/setup-step.ts'
import { associateInSignIn } from '../../signin/factors/totp/associate-software-token.operation.ts'
import type { ChallengeStep } from './page-step.ts'

/** The second factors that a page can set up. A phone number for codes comes from an administrator or from the app. */
const onPages: readonly string[] = ['SOFTWARE_TOKEN_MFA', 'EMAIL_OTP']

/** The methods among which the user chooses what to set up. */
export const setupMethodsOf = ({ parameters }: ChallengeStep): readonly string[] =>
  (JSON.parse(parameters['MFAS_CAN_SETUP'] ?? '[]') as string[]).filter((method) => onPages.includes(method))

/** The step of MFA_SETUP after the user chose a method: an authenticator app gets a secret; e-mail asks for an address. */
export async function withSetupMethod(deps: SetupDeps, step: ChallengeStep, method: string): Promise<ChallengeStep> {
  const parameters = { ...step.parameters, SETUP_METHOD: method }
  if (method !== 'SOFTWARE_TOKEN_MFA') return { ...step, parameters }
  const { secret, session } = await associateInSignIn(deps, step.session)
  return { ...step, session, parameters: { ...parameters, SETUP_SECRET: secret } }
}

/** A user who can set up only one method does not choose. */
export async function withOnlySetupMethod(deps: SetupDeps, step: ChallengeStep): Promise<ChallengeStep> {
  if (step.challenge !== 'MFA_SETUP') return step
  const [only, ...others] = setupMethodsOf(step)
  return only === undefined || others.length > 0 ? step : withSetupMethod(deps, step, only)
}
