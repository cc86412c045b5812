import { offersDevice } from '../../oauth/account/offered-pages.ts'
import type { ChallengeForm } from '../../oauth/login/challenge.ts'
import { setupMethodsOf } from '../../oauth/login/mfa-setup.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { hostedPagesOf } from '../../pools/extensions/pool-extensions.ts'
import type { FirstFactor, MfaMethod, PasswordPolicy } from '../../pools/pool.ts'
import { mfaMethods } from '../../pools/pool.ts'
import { offersLinks } from '../../signin/hosted/link-sign-in.ts'
import type { ChallengeName } from '../../signin/sign-in.ts'
import { messagePage, newPasswordPage, type PasswordRules } from '../pages/account-pages.ts'
import type { Page, Shell } from '../pages/layout.ts'
import { appSetupPage, contactSetupPage, recoveryCodePage, secondFactorPage } from '../pages/second-factor-pages.ts'
import { codePage, factorPage, passkeyPage, passwordPage } from '../pages/sign-in-pages.ts'
import { accountLinksOf } from './account-links.ts'
import { attributeField } from './attribute-field.ts'
import { problemText } from './problem-text.ts'
import { otpAuthUri, qrCode } from './qr-code.ts'

/** What each page needs besides its step. */
type Base = {
  readonly action: string
  readonly username: string
  /** Where another user begins. */
  readonly changeHref: string
  readonly forgotHref: string | undefined
  readonly problem: string | undefined
}

type View = (shell: Shell, form: ChallengeForm, base: Base) => Page

/** The page of a challenge. */
export function challengePage(shell: Shell, form: ChallengeForm, query: string): Page {
  const { step, problem } = form
  const view = step.recoveryCode === 'asked' ? recoveryCode : (views[step.challenge] ?? unknownChallenge)
  const shown = problem && problemText(shell.text, problem)
  return view(shell, form, {
    action: `/challenge?${query}`,
    username: step.username,
    changeHref: `/login?${query}`,
    forgotHref: accountLinksOf(form.request, query).forgotHref,
    problem: shown,
  })
}

const code =
  (kind: 'sms' | 'email' | 'app'): View =>
  (shell, { request, step }, base) =>
    codePage(shell, {
      ...base,
      kind,
      destination: step.parameters['CODE_DELIVERY_DESTINATION'],
      // A first factor is asked for on remembered devices, too.
      offersRememberDevice: step.available === undefined && asksForDevice(request),
      canResend: step.available !== undefined,
      canChange: (step.available ?? []).length > 1,
      offersRecoveryCode: step.recoveryCode === 'offered',
      notice: undefined,
    })

const recoveryCode: View = (shell, { request }, base) => recoveryCodePage(shell, { ...base, offersRememberDevice: asksForDevice(request) })

/** Whether users decide which devices replace their second factor. */
function asksForDevice(owner: AppClientCaller): boolean {
  const { devices } = owner.pool
  return devices?.onlyRememberedOnUserPrompt === true && devices.challengeRequiredOnNewDevice && offersDevice(owner)
}

const views: Readonly<Partial<Record<ChallengeName, View>>> = {
  SMS_MFA: code('sms'),
  SMS_OTP: code('sms'),
  EMAIL_OTP: code('email'),
  SOFTWARE_TOKEN_MFA: code('app'),
  PASSWORD: (shell, { request, step }, base) => {
    const offersRemember = !step.isRemembered && hostedPagesOf(request.pool).rememberMeDays !== undefined
    return passwordPage(shell, { ...base, offersRememberMe: offersRemember })
  },
  SELECT_CHALLENGE: (shell, { request, step: { available = [] } }, base) => {
    const offersLink = offersLinks(request) && available.includes('EMAIL_OTP')
    return factorPage(shell, { ...base, factors: factorsOf(available), offersLink })
  },
  SELECT_MFA_TYPE: (shell, { step }, base) =>
    secondFactorPage(shell, {
      ...base,
      purpose: 'verify',
      methods: methodsIn(step.parameters['MFAS_CAN_CHOOSE']),
      offersRecoveryCode: step.recoveryCode === 'offered',
    }),
  WEB_AUTHN: (shell, { step }, base) => {
    const options = step.parameters['CREDENTIAL_REQUEST_OPTIONS'] ?? '{}'
    return passkeyPage(shell, { ...base, options, canChange: (step.available ?? []).length > 1 })
  },
  MFA_SETUP: (shell, form, base) => setupPage(shell, form, base),
  NEW_PASSWORD_REQUIRED: (shell, { request, step, form }, base) => {
    const names = JSON.parse(step.parameters['requiredAttributes'] ?? '[]') as string[]
    const { pool } = request
    const fields = names.map((name) =>
      attributeField(shell, { name, attribute: name.replace(/^userAttributes\./, ''), pool, value: form?.get(name) }),
    )
    return newPasswordPage(shell, { ...base, fields, rules: rulesOf(pool.passwordPolicy) })
  },
}

function setupPage(shell: Shell, { request, step, form }: ChallengeForm, base: Base): Page {
  const { SETUP_METHOD: method, SETUP_SECRET: secret } = step.parameters
  if (method === 'EMAIL_OTP') return contactSetupPage(shell, { ...base, kind: 'email', value: form?.get('contact') })
  if (method !== undefined && secret !== undefined) {
    const { client } = request
    return appSetupPage(shell, {
      ...base,
      qrSvg: qrCode(otpAuthUri({ issuer: client.name, account: base.username, secret })),
      key: grouped(secret),
    })
  }
  const offered = setupMethodsOf(step)
  const methods = mfaMethods.filter((method) => offered.includes(method))
  return secondFactorPage(shell, { ...base, purpose: 'set-up', methods, offersRecoveryCode: false })
}

/** The browser has a step that this version of the pages does not know. */
const unknownChallenge: View = (shell) =>
  messagePage(shell, { title: shell.text('errorTitle'), message: shell.text('errorExpired'), kind: 'problem' })

/** The first factors that pages offer. SRP is for apps: on a page, the password comes as it is. */
function factorsOf(available: readonly ChallengeName[]): readonly FirstFactor[] {
  const offered: readonly FirstFactor[] = ['WEB_AUTHN', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP']
  return offered.filter((factor) => available.includes(factor))
}

const methodsIn = (list = '[]'): readonly MfaMethod[] => {
  const names = JSON.parse(list) as string[]
  return mfaMethods.filter((method) => names.includes(method))
}

/** The secret in groups of four letters, for typing. */
export const grouped = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ')

export const rulesOf = (policy: PasswordPolicy): PasswordRules => ({
  minimumLength: policy.minimumLength,
  lower: policy.requireLowercase,
  upper: policy.requireUppercase,
  number: policy.requireNumbers,
  symbol: policy.requireSymbols,
})
