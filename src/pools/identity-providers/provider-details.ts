import type { IdentityProvider, ProviderDetails, ProviderType } from './identity-provider.ts'

const defaultFacebookVersion = 'v17.0'

/** Facebook's endpoints contain the version of its API. */
const facebookEndpoint = /^https:\/\/(graph|www)\.facebook\.com\/v/

/** The keys of the details that are secret. The database has these details sealed. Responses of the API never show `private_key`. */
export const secretKeys: readonly string[] = ['client_secret', 'private_key']

/**
 * The details as they were sent, together with those that Cognito, too, adds: the provider's endpoints and how to call them. An endpoint
 * that was sent, such as that of a test double, replaces the added one.
 */
export function completeDetails({ type, details }: IdentityProvider['config']): ProviderDetails {
  return { ...addedDetails(type, details), ...details }
}

/** The details as responses show them: with those that the provider itself gave when it was set up. */
export function shownDetails(config: IdentityProvider['config']): ProviderDetails {
  const { private_key: _hidden, ...shown } = { ...addedDetails(config.type, config.details), ...config.discovered, ...config.details }
  return shown
}

/** The discovered details that responses show, because the settings leave them out. */
export function usedDiscoveries({ details, discovered = {} }: IdentityProvider['config']): ProviderDetails {
  return Object.fromEntries(Object.entries(discovered).filter(([key]) => details[key] === undefined))
}

/** Details of SAML providers that responses show and nobody sets. */
const shownOnly: ReadonlySet<string> = new Set(['ActiveEncryptionCertificate', 'SLORedirectBindingURI', 'SSORedirectBindingURI'])

/**
 * The sent details without those that `shownDetails` adds: callers send back what an earlier response showed. `discovered` are those that the
 * provider gave.  If the added details were
 * stored, they would keep a later release from adding a new API version or a new default.
 */
export function withoutAddedDetails(type: ProviderType, sent: ProviderDetails, discovered: ProviderDetails = {}): ProviderDetails {
  const added = { ...discovered, ...addedDetails(type, sent) }
  const isAdded = (key: string, value: string) =>
    shownOnly.has(key) || added[key] === value || (type === 'Facebook' && facebookEndpoint.test(value))
  return Object.fromEntries(Object.entries(sent).filter(([key, value]) => key === 'api_version' || !isAdded(key, value)))
}

function addedDetails(type: ProviderType, details: ProviderDetails): ProviderDetails {
  switch (type) {
    case 'Google':
      return {
        attributes_url: 'https://people.googleapis.com/v1/people/me?personFields=',
        attributes_url_add_attributes: 'true',
        authorize_url: 'https://accounts.google.com/o/oauth2/v2/auth',
        oidc_issuer: 'https://accounts.google.com',
        token_request_method: 'POST',
        token_url: 'https://www.googleapis.com/oauth2/v4/token',
      }
    case 'Facebook':
      return facebookDetails(details['api_version'] ?? defaultFacebookVersion)
    case 'LoginWithAmazon':
      return {
        attributes_url: 'https://api.amazon.com/user/profile',
        attributes_url_add_attributes: 'false',
        authorize_url: 'https://www.amazon.com/ap/oa',
        token_request_method: 'POST',
        token_url: 'https://api.amazon.com/auth/o2/token',
      }
    case 'SignInWithApple':
      return {
        attributes_url_add_attributes: 'false',
        authorize_url: 'https://appleid.apple.com/auth/authorize',
        oidc_issuer: 'https://appleid.apple.com',
        token_request_method: 'POST',
        token_url: 'https://appleid.apple.com/auth/token',
      }
    case 'OIDC':
      return { attributes_url_add_attributes: 'false' }
    case 'SAML':
      return {}
  }
}

function facebookDetails(version: string): ProviderDetails {
  return {
    api_version: version,
    attributes_url: `https://graph.facebook.com/${version}/me?fields=`,
    attributes_url_add_attributes: 'true',
    authorize_url: `https://www.facebook.com/${version}/dialog/oauth`,
    token_request_method: 'GET',
    token_url: `https://graph.facebook.com/${version}/oauth/access_token`,
  }
}
