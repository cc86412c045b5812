import { ApiError } from '../../contract/api-error.ts'
import { registerInSignIn } from '../../signin/factors/totp/verify-software-token.operation.ts'
import { answerOnPage } from '../../signin/hosted/hosted-sign-in.ts'
import type { RequestParameters } from '../../signin/parameters.ts'
import type { ChallengeName } from '../../signin/sign-in.ts'
import { isSessionRefusal } from '../../signin/sign-in-errors.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import type { RedirectToApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { visitorOf } from '../devices/browser-device.ts'
import type { Parameters } from '../parameters.ts'
import { type Continue, detourFor, type SignedIn, toNextPage } from './login.ts'
import { withSetupMethod } from './mfa-setup.ts'
import { type ChallengeStep, newPageStep } from './page-step.ts'
import { type LinkDeps, sendLink } from './send-link.ts'
import { beginAgain, type ExpiredStep, openStep, type StepForm, takeStepForm } from './step-page.ts'
import { codeIn, newPasswordIn } from './typed-values.ts'

/** What the page of a challenge shows. `form` is the answer that was refused. */
export type ChallengeForm = StepForm<'challenge'> & { readonly form?: Parameters }

/**
 * The page of the challenge that a sign-in of the browser waits for.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export const openChallenge = (deps: LinkDeps, browser: BrowserRequest): Promise<ChallengeForm | ExpiredStep | RedirectToApp> =>
  openStep(deps, browser, 'challenge')

/**
 * Takes the form of the page of a challenge.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export function submitChallenge(
  deps: LinkDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<ChallengeForm | ExpiredStep | Continue | SignedIn | RedirectToApp> {
  return takeStepForm(deps, browser, { kind: 'challenge', form }, async (request, step) => {
    try {
      return await takeForm(deps, browser, request, step, form)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (isSessionRefusal(error)) return beginAgain(deps, browser, request, step.username)
      const detour = detourFor(request, { ...step, error, query: browser.query, now: deps.clock.now() })
      return detour ?? { kind: 'challenge', request, step, problem: error, form }
    }
  })
}

async function takeForm(
  deps: LinkDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  step: ChallengeStep,
  form: Parameters,
): Promise<Continue | SignedIn> {
  const stay = (changed: ChallengeStep): Continue => ({
    kind: 'continue',
    request,
    step: newPageStep(request.client.id, changed, deps.clock.now()),
  })
  // Every Session of a sign-in before its first factor accepts another choice.
  if (form.get('action') === 'change' && step.available !== undefined) return stay({ ...step, challenge: 'SELECT_CHALLENGE' })
  const recoveryCode = recoveryChoices.get(form.get('action') ?? '')
  if (recoveryCode !== undefined && step.recoveryCode !== undefined) return stay({ ...step, recoveryCode })
  if (step.challenge === 'MFA_SETUP' && form.get('method') !== undefined) {
    return stay(await withSetupMethod(deps, step, form.get('method') ?? ''))
  }
  if (step.challenge === 'SELECT_CHALLENGE' && form.get('factor') === 'link') {
    const { username, isRemembered, pending, session } = step
    return sendLink(deps, browser, request, { username, isRemembered, pending, session })
  }
  const { challenge, session, responses } = await answerOf(deps, step, form)
  const answer = { challenge, session, responses: { ...responses, USERNAME: step.username }, from: visitorOf(deps, browser, request) }
  const isRemembered = step.isRemembered || form.has('remember')
  const attempt = { username: step.username, isRemembered, pending: step.pending, wantsDevice: form.has('remember_device') }
  return toNextPage(deps, browser, request, { ...attempt, result: await answerOnPage(deps, request, answer) })
}

/** The buttons between the page of the challenge and the page for a recovery code. */
const recoveryChoices: ReadonlyMap<string, 'asked' | 'offered'> = new Map([
  ['recovery', 'asked'],
  ['factor', 'offered'],
])

type Answer = { readonly challenge: ChallengeName; readonly session: string; readonly responses: RequestParameters }

/** How the form of each page becomes the ChallengeResponses of its challenge. */
const responsesOf: Readonly<Partial<Record<ChallengeName, (form: Parameters) => RequestParameters>>> = {
  SMS_MFA: (form) => ({ SMS_MFA_CODE: codeIn(form) }),
  EMAIL_OTP: (form) => ({ EMAIL_OTP_CODE: codeIn(form) }),
  SMS_OTP: (form) => ({ SMS_OTP_CODE: codeIn(form) }),
  SOFTWARE_TOKEN_MFA: (form) => ({ SOFTWARE_TOKEN_MFA_CODE: codeIn(form) }),
  SELECT_MFA_TYPE: (form) => ({ ANSWER: form.get('method') ?? '' }),
  SELECT_CHALLENGE: (form) => ({ ANSWER: form.get('factor') ?? '' }),
  PASSWORD: (form) => ({ PASSWORD: form.get('password') ?? '' }),
  WEB_AUTHN: (form) => ({ CREDENTIAL: form.get('credential') ?? '' }),
  NEW_PASSWORD_REQUIRED: (form) => ({ NEW_PASSWORD: newPasswordIn(form), ...attributesIn(form) }),
}

async function answerOf(deps: LinkDeps, step: ChallengeStep, form: Parameters): Promise<Answer> {
  const { challenge, session } = step
  if (challenge === 'MFA_SETUP') return setupAnswer(deps, step, form)
  if (form.get('action') === 'resend' && step.available !== undefined) {
    return { challenge: 'SELECT_CHALLENGE', session, responses: { ANSWER: challenge } }
  }
  if (step.recoveryCode === 'asked') return { challenge, session, responses: { RECOVERY_CODE: codeIn(form) } }
  const read = responsesOf[challenge]
  if (read === undefined) throw new ApiError('UnsupportedOperationException', `The pages do not offer the ${challenge} challenge.`)
  return { challenge, session, responses: read(form) }
}

async function setupAnswer(deps: LinkDeps, { session, parameters }: ChallengeStep, form: Parameters): Promise<Answer> {
  const challenge = 'MFA_SETUP'
  if (parameters['SETUP_METHOD'] !== 'SOFTWARE_TOKEN_MFA') return { challenge, session, responses: { EMAIL: form.get('contact') ?? '' } }
  const registration = { code: codeIn(form), deviceName: form.get('device_name') ?? null }
  return { challenge, session: await registerInSignIn(deps, session, registration), responses: {} }
}

const attributesIn = (form: Parameters): RequestParameters =>
  Object.fromEntries([...form].filter(([name]) => name.startsWith('userAttributes.')))
