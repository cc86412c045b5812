import { type Html, html } from '../../base/html.ts'
import { alert, type Field, field, form, knownUsername, lead, link, notice, otherSubmit, question, submit } from './components.ts'
import type { Page, Shell } from './layout.ts'
import type { TextKey } from './locales/en.ts'
import { codeField, type IdentifierKind, identifierField } from './sign-in-pages.ts'

/** What the pool's policy asks of a password. */
export type PasswordRules = {
  readonly minimumLength: number
  readonly lower: boolean
  readonly upper: boolean
  readonly number: boolean
  readonly symbol: boolean
}

function passwordRules({ text }: Shell, rules: PasswordRules): Html {
  const wanted: readonly [TextKey, boolean][] = [
    ['ruleLower', rules.lower],
    ['ruleUpper', rules.upper],
    ['ruleNumber', rules.number],
    ['ruleSymbol', rules.symbol],
  ]
  const items = [text('ruleLength', { count: rules.minimumLength }), ...wanted.filter(([, is]) => is).map(([key]) => text(key))]
  return html`<div class="rules" id="password-rules"><p>${text('passwordRules')}</p><ul>${items.map((item) => html`<li class="passwordCheck-notValid-customizable">${item}</li>`)}</ul></div>`
}

type NewPassword = {
  readonly rules: PasswordRules
  readonly label: string
  /** What is wrong with the password, and with its repetition. */
  readonly errors?: { readonly password?: string | undefined; readonly confirm_password?: string | undefined } | undefined
}

/** The fields of a new password, which is typed twice. */
export function newPasswordFields(shell: Shell, { rules, label, errors = {} }: NewPassword): readonly Html[] {
  const shared = { type: 'password', autocomplete: 'new-password', maxLength: 256 } as const
  return [
    field(shell, { ...shared, name: 'password', label, error: errors.password }),
    passwordRules(shell, rules),
    field(shell, { ...shared, name: 'confirm_password', label: shell.text('confirmPassword'), error: errors.confirm_password }),
  ]
}

export type SignUpView = {
  readonly action: string
  /** The field for the username. Undefined in pools whose users sign in by an attribute, such as the email address. */
  readonly identifier: { readonly kind: IdentifierKind; readonly value: string | undefined; readonly error: string | undefined } | undefined
  /** The attributes that the pool requires. */
  readonly fields: readonly Field[]
  readonly rules: PasswordRules
  readonly passwordErrors: NewPassword['errors']
  readonly terms: { readonly terms: string; readonly privacy: string } | undefined
  readonly signInHref: string
  readonly problem: string | undefined
}

export function signUpPage(shell: Shell, view: SignUpView): Page {
  const { text } = shell
  return {
    title: text('signUpTitle'),
    body: [
      alert(view.problem),
      form(shell, {
        action: view.action,
        fields: [
          view.identifier && identifierField(shell, view.identifier.kind, view.identifier),
          ...view.fields.map((one) => field(shell, one)),
          ...newPasswordFields(shell, { rules: view.rules, label: text('password'), errors: view.passwordErrors }),
          termsText(shell, view.terms),
          submit(text('signUpButton')),
        ],
      }),
      question(text('haveAccount'), view.signInHref, text('signInLink')),
    ],
  }
}

/** The sentence about the terms, whose order of words each language decides. */
function termsText({ text }: Shell, terms: SignUpView['terms']): Html | undefined {
  if (terms === undefined) return undefined
  const links = { '{terms}': link(terms.terms, text('termsLink')), '{privacy}': link(terms.privacy, text('privacyLink')) }
  const parts = text('termsBoth').split(/(\{terms\}|\{privacy\})/)
  return html`<p class="legal legalText-customizable">${parts.map((part) => (Object.hasOwn(links, part) ? links[part as keyof typeof links] : part))}</p>`
}

export type ConfirmView = {
  readonly action: string
  /** The masked address that the message went to. Undefined when these pages sent none. */
  readonly destination: string | undefined
  readonly problem: string | undefined
  readonly notice: string | undefined
}

/** How the page lets a new user correct the address that the message went to. */
type CorrectionView = {
  readonly action: string
  readonly isPhone: boolean
  /** What was typed and refused, and why. */
  readonly value: string | undefined
  readonly error: string | undefined
}

type Correctable = { readonly correction: CorrectionView | undefined }

function correctionForm(shell: Shell, { correction }: Correctable): Html | undefined {
  if (correction === undefined) return undefined
  const { text } = shell
  const { action, isPhone, value, error } = correction
  const kind = isPhone
    ? ({ type: 'tel', autocomplete: 'tel', label: text('attributePhoneNumber'), hint: text('phoneHint') } as const)
    : ({ type: 'email', autocomplete: 'email', label: text('attributeEmail') } as const)
  const fields = [
    field(shell, { name: 'contact', ...kind, inputmode: kind.type, value, error, hasFocus: error !== undefined }),
    submit(text('correctButton')),
  ]
  const summary = text(isPhone ? 'correctPhoneLink' : 'correctEmailLink')
  return html`<details class="details"${error !== undefined && html` open`}><summary>${summary}</summary>${form(shell, { action, fields })}</details>`
}

/** The code of a new account. */
export function confirmPage(shell: Shell, view: ConfirmView & Correctable & { readonly resendAction: string }): Page {
  const { text } = shell
  const { destination } = view
  return {
    title: text('confirmTitle'),
    body: [
      lead(destination === undefined ? text('codeNeeded') : text('codeSentTo', { destination })),
      alert(view.problem),
      notice(view.notice),
      form(shell, {
        action: view.action,
        fields: [
          codeField(shell, { problem: undefined, hasFocus: view.correction?.error === undefined }),
          submit(text('confirmButton')),
          otherSubmit(text('resendButton'), { action: view.resendAction }),
        ],
      }),
      correctionForm(shell, view),
    ],
  }
}

/** The link of a new account. The user opens it in the message, and then signs in. */
export function confirmByLinkPage(shell: Shell, view: ConfirmView & Correctable & { readonly signInHref: string }): Page {
  const { text } = shell
  const { destination } = view
  return {
    title: text('confirmTitle'),
    body: [
      lead(destination === undefined ? text('linkNeeded') : text('linkSentTo', { destination })),
      alert(view.problem),
      notice(view.notice),
      html`<p>${link(view.signInHref, text('signInLink'), 'button-link')}</p>`,
      form(shell, { action: view.action, fields: [otherSubmit(text('resendLinkButton'), { name: 'action', value: 'resend' })] }),
      correctionForm(shell, view),
    ],
  }
}

/** The page behind the link of a new account, where the link itself confirms nothing. */
export function confirmClickPage(shell: Shell, { action }: { readonly action: string }): Page {
  const { text } = shell
  return {
    title: text('confirmTitle'),
    body: [lead(text('confirmClickText')), form(shell, { action, fields: [submit(text('confirmButton'))] })],
  }
}

export function forgotPasswordPage(
  shell: Shell,
  view: {
    readonly action: string
    readonly identifier: IdentifierKind
    readonly username: string | undefined
    readonly backHref: string
    readonly problem: string | undefined
  },
): Page {
  const { text } = shell
  const fields = [identifierField(shell, view.identifier, { value: view.username }), submit(text('forgotButton'))]
  return {
    title: text('forgotTitle'),
    body: [
      lead(text('forgotText')),
      alert(view.problem),
      form(shell, { action: view.action, fields }),
      html`<p class="question">${link(view.backHref, text('backLink'))}</p>`,
    ],
  }
}

export type ResetView = ConfirmView & {
  readonly username: string
  readonly rules: PasswordRules
  /** The code that the user typed already. */
  readonly code: string | undefined
  /** Whether the code was found right on the page before. */
  readonly isCodeKnown: boolean
}

const resetLead = ({ text }: Shell, { destination }: ConfirmView): Html =>
  lead(destination === undefined ? text('codeNeeded') : text('resetSentTo', { destination }))

/** The code of a reset, before the page for the new password. */
export function resetCodePage(shell: Shell, view: ConfirmView): Page {
  const { text } = shell
  const resend = otherSubmit(text('resendButton'), { name: 'action', value: 'resend' })
  const fields = [codeField(shell, { problem: undefined }), submit(text('verifyButton')), resend]
  return {
    title: text('forgotTitle'),
    body: [resetLead(shell, view), alert(view.problem), notice(view.notice), form(shell, { action: view.action, fields })],
  }
}

/** The code of a reset, if it is not known, and the new password. */
export function resetPasswordPage(shell: Shell, view: ResetView): Page {
  const { text } = shell
  return {
    title: text('resetTitle'),
    body: [
      view.isCodeKnown ? undefined : resetLead(shell, view),
      alert(view.problem),
      notice(view.notice),
      form(shell, {
        action: view.action,
        fields: [
          knownUsername(view.username),
          view.isCodeKnown ? undefined : codeField(shell, { problem: undefined, value: view.code }),
          ...newPasswordFields(shell, { rules: view.rules, label: text('newPassword') }),
          submit(text('resetButton')),
          view.isCodeKnown ? undefined : otherSubmit(text('resendButton'), { name: 'action', value: 'resend' }),
        ],
      }),
    ],
  }
}

/** A password in place of a temporary one, with the attributes that the account lacks. */
export function newPasswordPage(
  shell: Shell,
  view: {
    readonly action: string
    readonly username: string
    readonly fields: readonly Field[]
    readonly rules: PasswordRules
    readonly problem: string | undefined
  },
): Page {
  const { text } = shell
  return {
    title: text('newPasswordTitle'),
    body: [
      lead(text('newPasswordText')),
      alert(view.problem),
      form(shell, {
        action: view.action,
        fields: [
          knownUsername(view.username),
          ...newPasswordFields(shell, { rules: view.rules, label: text('newPassword') }),
          ...view.fields.map((one) => field(shell, one)),
          submit(text('continueButton')),
        ],
      }),
    ],
  }
}

/** Asks before the sessions of the browser are ended: any page can lead a browser there. */
export function signOutPage(shell: Shell, { action }: { readonly action: string }): Page {
  return {
    title: shell.text('signOutTitle'),
    body: form(shell, { action, fields: [submit(shell.text('signOutButton'))] }),
  }
}

export type MessageView = {
  readonly title: string
  readonly message: string
  readonly kind: 'problem' | 'done'
  /** What a developer needs to find the fault. */
  readonly details?: string | undefined
  readonly next?: { readonly href: string; readonly label: string } | undefined
}

/** A page that only says something: an error, or that a step is done. */
export function messagePage(shell: Shell, { title, message, kind, details, next }: MessageView): Page {
  return {
    title,
    body: [
      html`<p class="lead ${kind}"${kind === 'problem' && html` role="alert"`}>${message}</p>`,
      details === undefined
        ? undefined
        : html`<details class="details"><summary>${shell.text('errorDetails')}</summary><p>${details}</p></details>`,
      next === undefined ? undefined : html`<p>${link(next.href, next.label, 'button-link')}</p>`,
    ],
  }
}
