import { type Html, html } from '../../base/html.ts'
import type { FirstFactor } from '../../pools/pool.ts'
import {
  alert,
  checkbox,
  choices,
  divider,
  field,
  form,
  knownUsername,
  lead,
  link,
  notice,
  otherSubmit,
  type PasskeyUse,
  passkeyButton,
  passkeyNotes,
  question,
  submit,
} from './components.ts'
import type { Page, Shell } from './layout.ts'
import type { TextKey } from './locales/en.ts'
import { passkeyScriptPath } from './passkey-script.ts'
import { corporateForm, type ProviderLink, providerButtons } from './provider-buttons.ts'

/** What a person signs in with. */
export type IdentifierKind = 'email' | 'phone' | 'username' | 'email-or-phone' | 'any'

export type SignInView = {
  readonly action: string
  readonly identifier: IdentifierKind
  readonly username: string | undefined
  /** False for the first of two pages, which asks for the name only. */
  readonly asksPassword: boolean
  /** Undefined where the page does not offer passkeys. */
  readonly passkey: PasskeyUse | undefined
  readonly offersRememberMe: boolean
  readonly providers: readonly ProviderLink[]
  /** Where the form for a company's e-mail address goes. Undefined where the page does not ask for one. */
  readonly corporateAction: string | undefined
  /** False where users sign in by identity providers only. */
  readonly hasForm: boolean
  /** Undefined where the pool does not offer it. */
  readonly signUpHref: string | undefined
  readonly forgotHref: string | undefined
  /** Where the form goes if the user asks for a link by e-mail. Undefined where the pages send none. */
  readonly linkAction: string | undefined
  readonly problem: string | undefined
  readonly notice: string | undefined
  /** Why the user has to sign in, where an identity of a provider waits for it. */
  readonly proofNotice?: string | undefined
}

const identifiers: Readonly<Record<IdentifierKind, { label: TextKey; inputmode: 'email' | 'tel' | 'text'; isPhone: boolean }>> = {
  email: { label: 'identifierEmail', inputmode: 'email', isPhone: false },
  phone: { label: 'identifierPhone', inputmode: 'tel', isPhone: true },
  username: { label: 'identifierUsername', inputmode: 'text', isPhone: false },
  'email-or-phone': { label: 'identifierEmailOrPhone', inputmode: 'text', isPhone: true },
  any: { label: 'identifierAny', inputmode: 'text', isPhone: true },
}

/** The field for the name. Passkeys are offered in its list of suggestions. */
export function identifierField(
  shell: Shell,
  kind: IdentifierKind,
  { value, error, withPasskeys = false }: { value: string | undefined; error?: string | undefined; withPasskeys?: boolean },
): Html {
  const { label, inputmode, isPhone } = identifiers[kind]
  return field(shell, {
    name: 'username',
    label: shell.text(label),
    value,
    inputmode,
    autocomplete: withPasskeys ? 'username webauthn' : 'username',
    hint: isPhone ? shell.text('phoneHint') : undefined,
    maxLength: 128,
    hasFocus: value === undefined || error !== undefined,
    error,
  })
}

export function signInPage(shell: Shell, view: SignInView): Page {
  const { text } = shell
  const fields = [
    identifierField(shell, view.identifier, { value: view.username, withPasskeys: view.passkey !== undefined }),
    view.asksPassword ? passwordField(shell, view) : undefined,
    view.offersRememberMe ? checkbox({ name: 'remember', label: text('rememberMe') }) : undefined,
    submit(view.asksPassword ? text('signInButton') : text('continueButton')),
    view.passkey && passkeyButton(text('passkeyButton'), 'secondary'),
    view.linkAction === undefined ? undefined : otherSubmit(text('emailLinkButton'), { action: view.linkAction }),
  ]
  return {
    title: text('signInTitle'),
    body: [
      alert(view.problem),
      notice(view.notice),
      notice(view.proofNotice),
      ...(view.passkey ? passkeyNotes(shell, false) : []),
      view.hasForm ? form(shell, { action: view.action, fields, passkey: view.passkey }) : undefined,
      view.hasForm && (view.providers.length > 0 || view.corporateAction !== undefined) ? divider(shell) : undefined,
      view.corporateAction === undefined ? undefined : corporateForm(shell, { action: view.corporateAction, isOnlyForm: !view.hasForm }),
      providerButtons(shell, view.providers),
      view.signUpHref === undefined ? undefined : question(text('noAccount'), view.signUpHref, text('signUpLink')),
    ],
    script: view.passkey && passkeyScriptPath,
  }
}

function passwordField(shell: Shell, { username, forgotHref }: SignInView): Html {
  const label = shell.text('password')
  return html`<div class="with-link">${field(shell, {
    name: 'password',
    label,
    type: 'password',
    autocomplete: 'current-password',
    maxLength: 256,
    hasFocus: username !== undefined,
  })}${forgotHref !== undefined && link(forgotHref, shell.text('forgotPasswordLink'))}</div>`
}

/** The second of two pages: the password of the person who gave a name on the first one. */
export function passwordPage(
  shell: Shell,
  view: Pick<SignInView, 'action' | 'forgotHref' | 'problem' | 'offersRememberMe'> & {
    readonly username: string
    readonly changeHref: string
  },
): Page {
  const { text } = shell
  const password = field(shell, {
    name: 'password',
    label: text('password'),
    type: 'password',
    autocomplete: 'current-password',
    maxLength: 256,
    hasFocus: true,
  })
  return {
    title: text('passwordTitle'),
    body: [
      signingInAs(shell, view),
      alert(view.problem),
      form(shell, {
        action: view.action,
        fields: [
          knownUsername(view.username),
          html`<div class="with-link">${password}${view.forgotHref !== undefined && link(view.forgotHref, text('forgotPasswordLink'))}</div>`,
          view.offersRememberMe ? checkbox({ name: 'remember', label: text('rememberMe') }) : undefined,
          submit(text('signInButton')),
        ],
      }),
    ],
  }
}

/** Who signs in, and the way to be another person. */
export function signingInAs({ text }: Shell, { username, changeHref }: { readonly username: string; readonly changeHref: string }): Html {
  return html`<p class="account"><span>${text('signingInAs', { user: username })}</span> ${link(changeHref, text('changeAccountLink'))}</p>`
}

const factorTexts: Readonly<Record<FirstFactor, TextKey>> = {
  PASSWORD: 'passwordButton',
  WEB_AUTHN: 'passkeyButton',
  EMAIL_OTP: 'emailCodeButton',
  SMS_OTP: 'smsCodeButton',
}

/** The ways to sign in, where the person has several. */
export function factorPage(
  shell: Shell,
  view: {
    readonly action: string
    readonly username: string
    readonly changeHref: string
    readonly factors: readonly FirstFactor[]
    /** Whether the user can get a link by e-mail. Its button sends `link` as the factor. */
    readonly offersLink: boolean
    readonly problem: string | undefined
  },
): Page {
  const factors = view.factors.map((factor) => ({ value: factor, label: shell.text(factorTexts[factor]) }))
  const options = view.offersLink ? [...factors, { value: 'link', label: shell.text('emailLinkButton') }] : factors
  return {
    title: shell.text('factorTitle'),
    body: [signingInAs(shell, view), alert(view.problem), form(shell, { action: view.action, fields: [choices('factor', options)] })],
  }
}

/** The sign-in by a passkey. The script asks the browser as soon as the page is shown. */
export function passkeyPage(
  shell: Shell,
  view: {
    readonly action: string
    readonly username: string
    readonly changeHref: string
    readonly options: string
    readonly canChange: boolean
    readonly problem: string | undefined
  },
): Page {
  const { text } = shell
  const change = view.canChange ? otherSubmit(text('anotherWayLink'), { name: 'action', value: 'change' }, 'link') : undefined
  return {
    title: text('passkeyTitle'),
    body: [
      signingInAs(shell, view),
      alert(view.problem),
      ...passkeyNotes(shell, true),
      form(shell, {
        action: view.action,
        fields: [passkeyButton(text('continueButton'), 'primary'), change],
        passkey: { kind: 'get', options: view.options },
      }),
    ],
    script: passkeyScriptPath,
  }
}

export type CodeView = {
  readonly action: string
  readonly kind: 'sms' | 'email' | 'app'
  /** The masked address or number; undefined for an authenticator app. */
  readonly destination: string | undefined
  readonly offersRememberDevice: boolean
  readonly canResend: boolean
  readonly canChange: boolean
  readonly offersRecoveryCode: boolean
  readonly problem: string | undefined
  readonly notice: string | undefined
}

/** A code of a message or of an authenticator app. */
export function codePage(shell: Shell, view: CodeView): Page {
  const { text } = shell
  const sent = view.destination === undefined ? undefined : lead(text('codeSentTo', { destination: view.destination }))
  return {
    title: text('codeTitle'),
    body: [
      view.kind === 'app' ? lead(text('codeFromApp')) : sent,
      alert(view.problem),
      notice(view.notice),
      form(shell, {
        action: view.action,
        fields: [
          codeField(shell, { problem: undefined }),
          view.offersRememberDevice ? rememberDevice(shell) : undefined,
          submit(text('verifyButton')),
          view.canResend ? otherSubmit(text('resendButton'), { name: 'action', value: 'resend' }) : undefined,
          view.canChange ? otherSubmit(text('anotherWayLink'), { name: 'action', value: 'change' }, 'link') : undefined,
          view.offersRecoveryCode ? recoveryCodeLink(shell) : undefined,
        ],
      }),
    ],
  }
}

export const rememberDevice = ({ text }: Shell): Html => checkbox({ name: 'remember_device', label: text('rememberDevice') })

/** Leads to the page for a recovery code. */
export const recoveryCodeLink = ({ text }: Shell): Html =>
  otherSubmit(text('recoveryCodeLink'), { name: 'action', value: 'recovery' }, 'link')

export function codeField(
  shell: Shell,
  {
    problem,
    value,
    hasFocus = true,
  }: { readonly problem: string | undefined; readonly value?: string | undefined; readonly hasFocus?: boolean },
): Html {
  return field(shell, {
    name: 'code',
    label: shell.text('code'),
    value,
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    maxLength: 64,
    hasFocus,
    error: problem,
  })
}

/** Several accounts that are signed in on this browser. */
export function selectAccountPage(
  shell: Shell,
  view: {
    readonly action: string
    readonly accounts: readonly { readonly id: string; readonly label: string; readonly detail: string | undefined }[]
  },
): Page {
  const { text } = shell
  const options = view.accounts.map(({ id, label, detail }) => ({ value: id, label, detail }))
  return {
    title: text('selectAccountTitle'),
    body: form(shell, {
      action: view.action,
      fields: [choices('account', options), otherSubmit(text('selectAccountOther'), { name: 'account', value: '' })],
    }),
  }
}
