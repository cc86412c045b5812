import type { AuthorizationRequest } from '../../oauth/authorize/authorization-request.ts'
import { asksCorporateAddress } from '../../oauth/providers/corporate-address.ts'
import { findOfferedProviders } from '../../oauth/providers/find-provider.ts'
import type { ProviderType } from '../../pools/identity-providers/identity-provider.ts'
import type { ProviderLink } from '../pages/provider-buttons.ts'
import type { Visit } from './visit.ts'

/** What people call the providers of which a pool can have one each. */
const labels: Readonly<Partial<Record<ProviderType, string>>> = {
  Facebook: 'Facebook',
  Google: 'Google',
  LoginWithAmazon: 'Amazon',
  SignInWithApple: 'Apple',
}

/** What people call a provider. */
export const labelOf = (name: string): string => labels[name as ProviderType] ?? name

type ProviderView = { readonly providers: readonly ProviderLink[]; readonly corporateAction: string | undefined }

/**
 * The buttons of the identity providers that the client offers, and where the form for a company's e-mail address goes. With the id of a
 * step, the buttons lead to a new sign-in that completes the step.
 */
export async function providerViewOf(
  { deps, browser }: Visit,
  request: AuthorizationRequest,
  stepId: string | undefined,
): Promise<ProviderView> {
  // Most clients have none. They cost no query.
  if (!request.client.identityProviders?.some((name) => name !== 'COGNITO')) return { providers: [], corporateAction: undefined }
  const offered = await findOfferedProviders(deps.db, request)
  const asksAddress = asksCorporateAddress(offered)
  const withButton = asksAddress ? offered.filter(({ type }) => type !== 'SAML') : offered
  const providers = withButton.map(({ name, type }) => {
    const query = new URLSearchParams(browser.query)
    query.delete('idp_identifier')
    query.set('identity_provider', name)
    query.delete('step')
    if (stepId !== undefined) {
      query.set('step', stepId)
      query.set('prompt', 'login')
    }
    return { name, type, label: labels[type] ?? name, href: `/oauth2/authorize?${query}` }
  })
  return { providers, corporateAction: asksAddress ? `/login/corporate?${browser.query}` : undefined }
}
