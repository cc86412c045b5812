import { FederationError } from '../../federation/federation-error.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { listProviderTypes } from '../../pools/identity-providers/identity-provider-repository.ts'
import { type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import type { Continue, SignedIn } from '../login/login.ts'
import { PageError } from '../page-error.ts'
import type { Parameters } from '../parameters.ts'
import { endpointBaseOfHost } from '../request-host.ts'
import { mostAgeAtProvider } from './age-at-provider.ts'
import { finishProviderSignIn, type ProviderAnswerDeps } from './finish-provider-sign-in.ts'

/** Whether a form is a SAML response that the provider sends by itself: its RelayState is an authorization request. */
export const isUnsolicited = (form: Parameters): boolean => new URLSearchParams(form.get('RelayState')).has('client_id')

/**
 * Takes an IdP-initiated SAML response. The RelayState says which app the user wants, as at Cognito. Only providers with `IDPInit` may send
 * such responses, and only to clients that offer nothing but SAML providers: any site can make a browser send one.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export function takeUnsolicitedResponse(
  deps: ProviderAnswerDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<SignedIn | Continue | RedirectToApp> {
  const query = form.get('RelayState') ?? ''
  if (form.get('SAMLResponse') === undefined) throw new PageError('invalid_request')
  return readingForApp(deps, { ...browser, query }, async (request) => {
    const { pool, client, namedProvider } = request
    const redirectUri = `${endpointBaseOfHost(deps.publicUrl, browser.host)}/saml2/idpresponse`
    const types = await listProviderTypes(deps.db, pool.id, client.identityProviders ?? [])
    const mostAgeSeconds = mostAgeAtProvider(request)
    const isSamlOnly = client.identityProviders?.every((name) => types.get(name) === 'SAML') === true
    return finishProviderSignIn(deps, browser, request, {
      providerName: namedProvider ?? '',
      proof: { redirectUri, state: '', nonce: request.nonce ?? '' },
      freshness: mostAgeSeconds === undefined ? undefined : { askedAt: deps.clock.now(), mostAgeSeconds },
      answer: form,
      isUnsolicited: true,
      requireProvider(provider) {
        if (!isSamlOnly)
          throw new FederationError('IdP-initiated sign-in needs an app client with SAML providers only.', { reason: 'settings' })
        requireIdpInit(provider)
      },
    })
  })
}

function requireIdpInit({ id, config: { details } }: IdentityProvider): void {
  if (details['IDPInit'] !== 'true')
    throw new FederationError(`Invalid relayState from identity provider`, {
      reason: 'settings',
      cause: new Error(`IDPInit of ${id} is not true.`),
    })
}
