import { html, trustedHtml } from '../../base/html.ts'
import type { MfaMethod } from '../../pools/pool.ts'
import { alert, choices, field, form, lead, otherSubmit, passkeyButton, passkeyNotes, submit } from './components.ts'
import type { Page, Shell } from './layout.ts'
import type { TextKey } from './locales/en.ts'
import { passkeyScriptPath } from './passkey-script.ts'
import { codeField, recoveryCodeLink, rememberDevice } from './sign-in-pages.ts'

export const methodTexts: Readonly<Record<MfaMethod, TextKey>> = {
  SOFTWARE_TOKEN_MFA: 'methodApp',
  SMS_MFA: 'methodSms',
  EMAIL_OTP: 'methodEmail',
}

/** Which of the person's second factors to use now, or which one to set up. */
export function secondFactorPage(
  shell: Shell,
  view: {
    readonly action: string
    readonly purpose: 'verify' | 'set-up'
    readonly methods: readonly MfaMethod[]
    readonly offersRecoveryCode: boolean
    readonly problem: string | undefined
  },
): Page {
  const { text } = shell
  const options = view.methods.map((method) => ({ value: method, label: text(methodTexts[method]) }))
  return {
    title: text(view.purpose === 'verify' ? 'mfaChoiceTitle' : 'mfaSetupChoiceTitle'),
    body: [
      view.purpose === 'set-up' ? lead(text('mfaSetupChoiceText')) : undefined,
      alert(view.problem),
      form(shell, {
        action: view.action,
        fields: [choices('method', options), view.offersRecoveryCode ? recoveryCodeLink(shell) : undefined],
      }),
    ],
  }
}

/** One of the codes that the person has saved, in place of the usual second factor. */
export function recoveryCodePage(
  shell: Shell,
  view: { readonly action: string; readonly offersRememberDevice: boolean; readonly problem: string | undefined },
): Page {
  const { text } = shell
  return {
    title: text('recoveryCodeTitle'),
    body: [
      lead(text('recoveryCodeText')),
      alert(view.problem),
      form(shell, {
        action: view.action,
        fields: [
          field(shell, { name: 'code', label: text('recoveryCode'), maxLength: 64, hasFocus: true }),
          view.offersRememberDevice ? rememberDevice(shell) : undefined,
          submit(text('verifyButton')),
          otherSubmit(text('anotherWayLink'), { name: 'action', value: 'factor' }, 'link'),
        ],
      }),
    ],
  }
}

export type AppSetupView = {
  readonly action: string
  /** The address `otpauth://…` as a QR code: an SVG image that this server drew. */
  readonly qrSvg: string
  /** The same secret for typing, in groups of four. */
  readonly key: string
  readonly problem: string | undefined
}

export function appSetupPage(shell: Shell, view: AppSetupView): Page {
  const { text } = shell
  const name = field(shell, { name: 'device_name', label: text('appSetupName'), isOptional: true, maxLength: 128 })
  return {
    title: text('appSetupTitle'),
    body: [
      alert(view.problem),
      html`<ol class="steps">
<li><p>${text('appSetupScan')}</p><div class="qr">${trustedHtml(view.qrSvg)}</div>
<p>${text('appSetupType')}</p><p><code class="key">${view.key}</code></p></li>
<li><p>${text('appSetupCode')}</p></li>
</ol>`,
      form(shell, { action: view.action, fields: [codeField(shell, { problem: undefined }), name, submit(text('verifyButton'))] }),
    ],
  }
}

/** An address or a number for codes, where the person has none yet. */
export function contactSetupPage(
  shell: Shell,
  view: {
    readonly action: string
    readonly kind: 'email' | 'sms'
    readonly value: string | undefined
    readonly problem: string | undefined
  },
): Page {
  const { text } = shell
  const isEmail = view.kind === 'email'
  const contact = field(shell, {
    name: 'contact',
    label: text(isEmail ? 'attributeEmail' : 'attributePhoneNumber'),
    type: isEmail ? 'email' : 'tel',
    inputmode: isEmail ? 'email' : 'tel',
    autocomplete: isEmail ? 'email' : 'tel',
    hint: isEmail ? undefined : text('phoneHint'),
    value: view.value,
    hasFocus: true,
  })
  return {
    title: text(isEmail ? 'contactSetupEmailTitle' : 'contactSetupPhoneTitle'),
    body: [alert(view.problem), form(shell, { action: view.action, fields: [contact, submit(text('continueButton'))] })],
  }
}

/** Offers a passkey. `options` is undefined where the user cannot have one more. */
export function passkeySetupPage(
  shell: Shell,
  view: { readonly action: string; readonly options: string | undefined; readonly problem: string | undefined },
): Page {
  const { text } = shell
  const { options } = view
  const skip = otherSubmit(text('passkeySetupSkip'), { name: 'action', value: 'skip' })
  return {
    title: text('passkeySetupTitle'),
    body: [
      lead(text('passkeySetupText')),
      alert(view.problem),
      ...(options === undefined ? [] : passkeyNotes(shell, true)),
      form(shell, {
        action: view.action,
        fields: [options === undefined ? undefined : passkeyButton(text('passkeySetupButton'), 'primary'), skip],
        passkey: options === undefined ? undefined : { kind: 'create', options },
      }),
    ],
    script: options === undefined ? undefined : passkeyScriptPath,
  }
}
