import { type Html, html } from '../../base/html.ts'
import { alert, field, form, lead, otherSubmit, submit } from './components.ts'
import type { Page, Shell } from './layout.ts'
import type { TextKey } from './locales/en.ts'
import { signingInAs } from './sign-in-pages.ts'

export type UserCodeView = {
  readonly action: string
  /** The code that the address brought, or the one that was refused. */
  readonly userCode: string
  /** Whether the address brought the code. Then the user has to compare it with that of the device. */
  readonly isBrought: boolean
  readonly problem: string | undefined
}

/** Asks for the code that a device shows. */
export function userCodePage(shell: Shell, { action, userCode, isBrought, problem }: UserCodeView): Page {
  const { text } = shell
  const code = field(shell, {
    name: 'user_code',
    label: text('deviceCode'),
    value: userCode === '' ? undefined : userCode,
    maxLength: 64,
    hasFocus: !isBrought,
  })
  return {
    title: text('deviceTitle'),
    body: [
      lead(text(isBrought ? 'deviceCheckText' : 'deviceText')),
      alert(problem),
      form(shell, { action, fields: [code, submit(text('continueButton'))] }),
    ],
  }
}

export type DecisionView = {
  readonly action: string
  readonly appName: string
  readonly username: string
  readonly changeHref: string
  readonly userCode: string
  readonly scopes: readonly string[]
  /** What the resource servers say about scopes of theirs. */
  readonly descriptions: ReadonlyMap<string, string>
  readonly resource: string | undefined
}

/** Asks whether a device may have what it asks for. A code or link may come from a stranger (RFC 8628 §5.4), so the page says what to check. */
export function deviceDecisionPage(shell: Shell, view: DecisionView): Page {
  const { text } = shell
  return {
    title: text('deviceConfirmTitle', { app: view.appName }),
    body: [
      signingInAs(shell, view),
      lead(text('deviceWarning')),
      html`<p><code class="key">${view.userCode}</code></p>`,
      form(shell, {
        action: view.action,
        fields: [
          accessList(shell, view),
          submit(text('allowButton'), { name: 'decision', value: 'allow' }),
          otherSubmit(text('denyButton'), { name: 'decision', value: 'deny' }),
        ],
      }),
    ],
  }
}

/** What the scopes of Cognito give. */
const scopeTexts: Readonly<Record<string, TextKey>> = {
  openid: 'scopeOpenid',
  email: 'scopeEmail',
  phone: 'scopePhone',
  profile: 'scopeProfile',
  'aws.cognito.signin.user.admin': 'scopeAccount',
}

function accessList({ text }: Shell, { scopes, descriptions, resource }: DecisionView): Html {
  const given = scopes.map((scope) => {
    const key = Object.hasOwn(scopeTexts, scope) ? scopeTexts[scope] : undefined
    return key === undefined ? (descriptions.get(scope) ?? scope) : text(key)
  })
  const items = resource === undefined ? given : [...given, text('scopeResource', { resource })]
  return html`<div class="rules"><p>${text('deviceAccess')}</p><ul>${items.map((item) => html`<li>${item}</li>`)}</ul></div>`
}
