import { type Html, html } from '../../base/html.ts'
import { corporateAddressField } from '../../oauth/providers/corporate-address.ts'
import type { ProviderType } from '../../pools/identity-providers/identity-provider.ts'
import { field, form } from './components.ts'
import type { PageImage, Shell } from './layout.ts'
import { providerMarks } from './provider-marks.ts'

/** An identity provider, and the address that begins a sign-in there. */
export type ProviderLink = {
  readonly name: string
  readonly type: ProviderType
  readonly label: string
  readonly href: string
}

/** Classic CSS has one class for social providers and one for all others. */
const isSocial = (type: ProviderType): boolean => type !== 'OIDC' && type !== 'SAML'

/** A button for each provider, in the colours and with the mark that the provider prescribes. */
export function providerButtons(shell: Shell, providers: readonly ProviderLink[]): Html | undefined {
  if (providers.length === 0) return undefined
  const buttons = providers.map(({ name, type, label, href }) => {
    const icon = shell.providerIcons.get(name)
    const classes = `provider provider-${type.toLowerCase()} ${isSocial(type) ? 'social' : 'idp'}Button-customizable`
    return html`<li><a class="${classes}" href="${href}">${icon ? ownMark(icon) : providerMarks[type]}${shell.text('continueWith', { provider: label })}</a></li>`
  })
  return html`<ul class="providers">${buttons}</ul>`
}

function ownMark({ src, darkSrc }: PageImage): Html {
  const image = html`<img class="mark" src="${src}" alt="">`
  return darkSrc === undefined ? image : html`<picture><source srcset="${darkSrc}" media="(prefers-color-scheme: dark)">${image}</picture>`
}

/** Asks for the e-mail address at a company, whose domain leads to the company's provider. */
export function corporateForm(shell: Shell, { action, isOnlyForm }: { readonly action: string; readonly isOnlyForm: boolean }): Html {
  const { text } = shell
  const address = field(shell, {
    name: corporateAddressField,
    label: text('identifierEmail'),
    type: 'email',
    inputmode: 'email',
    autocomplete: 'email',
    maxLength: 320,
    hasFocus: isOnlyForm,
  })
  const button = html`<button class="${isOnlyForm ? 'primary submitButton-customizable' : 'secondary'}" type="submit">${text('continueButton')}</button>`
  return html`<section class="corporate">
<h2 class="idpDescription-customizable">${text('corporateTitle')}</h2>
${form(shell, { action, fields: [address, button] })}
</section>`
}
