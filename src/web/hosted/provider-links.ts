import type { AuthorizationRequest } from '../../oauth/authorize/authorization-request.ts'
import { findOfferedProviders } from '../../oauth/providers/find-provider.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import type { ProviderLink } from '../pages/sign-in-pages.ts'
import type { Visit } from './visit.ts'

/** What people call the providers of which a pool can have one each. */
const labels: Readonly<Record<string, string>> = {
  Facebook: 'Facebook',
  Google: 'Google',
  LoginWithAmazon: 'Amazon',
  SignInWithApple: 'Apple',
}

/** What people call a provider. */
export const labelOf = (name: string): string => labels[name] ?? name

/** The buttons of the identity providers that the client offers. With the id of a step, they lead to a new sign-in that completes the step. */
export async function providerLinksOf(
  { deps, options, browser }: Visit,
  request: AuthorizationRequest,
  stepId: string | undefined,
): Promise<readonly ProviderLink[]> {
  // Most clients have none. They cost no query.
  if (!request.client.identityProviders?.some((name) => name !== 'COGNITO')) return []
  const names = await runAdmitted(options, () => findOfferedProviders(deps.db, request))
  return names.map((name) => {
    const query = new URLSearchParams(browser.query)
    query.delete('idp_identifier')
    query.set('identity_provider', name)
    query.delete('step')
    if (stepId !== undefined) {
      query.set('step', stepId)
      query.set('prompt', 'login')
    }
    return { name, label: labelOf(name), href: `/oauth2/authorize?${query}`, isSocial: labels[name] !== undefined }
  })
}
