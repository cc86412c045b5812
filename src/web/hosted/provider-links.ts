import type { AuthorizationRequest } from '../../oauth/authorize/authorization-request.ts'
import { findOfferedProviders } from '../../oauth/providers/find-provider.ts'
import type { ProviderLink } from '../pages/sign-in-pages.ts'
import type { Visit } from './visit.ts'

/** What people call the providers of which a pool can have one each. */
const labels: Readonly<Record<string, string>> = {
  Facebook: 'Facebook',
  Google: 'Google',
  LoginWithAmazon: 'Amazon',
  SignInWithApple: 'Apple',
}

/** The buttons of the identity providers that the client offers. */
export async function providerLinksOf({ deps, browser }: Visit, request: AuthorizationRequest): Promise<readonly ProviderLink[]> {
  // Most clients have none. They cost no query.
  if (!request.client.identityProviders?.some((name) => name !== 'COGNITO')) return []
  const names = await findOfferedProviders(deps.db, request)
  return names.map((name) => {
    const query = new URLSearchParams(browser.query)
    query.delete('idp_identifier')
    query.set('identity_provider', name)
    return { name, label: labels[name] ?? name, href: `/oauth2/authorize?${query}`, isSocial: labels[name] !== undefined }
  })
}
