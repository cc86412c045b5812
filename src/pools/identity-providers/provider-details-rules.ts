import { invalidParameter } from '../../contract/api-error.ts'
import type { ProviderDetails, ProviderType } from './identity-provider.ts'
import { isMac, macBytes, publicKeyAlgorithms } from './signature-algorithms.ts'

type Requirement = { readonly keys: readonly string[]; readonly message: string }

const socialRequirement: Requirement = {
  keys: ['client_id', 'client_secret', 'authorize_scopes'],
  message: 'clientId, clientSecret and authorizeScopes are all required idp details.',
}

/** The keys that ProviderDetails must have, by type of provider. The error texts are Cognito's (observed). */
const requirements: Readonly<Record<Exclude<ProviderType, 'SAML'>, Requirement>> = {
  Facebook: socialRequirement,
  Google: socialRequirement,
  LoginWithAmazon: socialRequirement,
  SignInWithApple: {
    keys: ['client_id', 'private_key', 'team_id', 'key_id'],
    message: 'clientId, privateKey, teamId, and keyId are all required idp details.',
  },
  OIDC: {
    keys: ['client_id', 'authorize_scopes', 'oidc_issuer', 'attributes_request_method'],
    message: 'clientId, authorizeScopes, oidcIssuer and attributesRequestMethod are all required idp details.',
  },
}

const endpointKeys: readonly string[] = ['oidc_issuer', 'authorize_url', 'token_url', 'attributes_url', 'jwks_uri']
const methodKeys: readonly string[] = ['attributes_request_method', 'token_request_method']
/** How the server authenticates itself at the provider. Cognito knows only the first. */
const authenticationMethods: readonly string[] = ['client_secret_post', 'client_secret_basic', 'private_key_jwt']
/** The one algorithm by which the provider signs ID tokens, as its client metadata call it. Cognito does not have it. */
const algorithmKey = 'id_token_signed_response_alg'
const flagKeys: readonly string[] = ['IDPSignout', 'IDPInit', 'EncryptedResponses', 'attributes_url_add_attributes']

/** All keys of OAuth providers. Keys that only responses have are included, because callers send them back in updates. */
const oauthKeys: ReadonlySet<string> = new Set([
  ...['client_id', 'client_secret', 'authorize_scopes', 'api_version', 'team_id', 'key_id', 'private_key'],
  ...['attributes_url_add_attributes', 'token_endpoint_auth_method', algorithmKey, ...methodKeys, ...endpointKeys],
])

const samlKeys: ReadonlySet<string> = new Set([
  ...['MetadataURL', 'MetadataFile', 'IDPSignout', 'IDPInit', 'EncryptedResponses', 'RequestSigningAlgorithm'],
  ...['ActiveEncryptionCertificate', 'SLORedirectBindingURI', 'SSORedirectBindingURI'],
])

/** Hosts of a provider that runs on a developer's own machine. Their URLs need no HTTPS. */
const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** @throws ApiError InvalidParameterException when a detail is missing, unknown or invalid */
export function requireValidDetails(type: ProviderType, details: ProviderDetails): void {
  const known = type === 'SAML' ? samlKeys : oauthKeys
  const unknown = Object.keys(details).filter((key) => !known.has(key))
  if (unknown.length > 0) throw invalidParameter(`ProviderDetails has keys that ${type} providers do not have: [${unknown.join(', ')}]`)
  if (type === 'SAML') requireOneMetadataSource(details)
  else if (!requirements[type].keys.every((key) => details[key])) throw invalidParameter(requirements[type].message)
  for (const [key, value] of Object.entries(details)) requireValidDetail(key, value)
  if (isMac(details[algorithmKey]) && (type !== 'OIDC' || !details['client_secret']))
    throw invalidParameter(`${algorithmKey} ${details[algorithmKey]} needs an OIDC provider with a client_secret.`)
}

function requireOneMetadataSource({ MetadataURL: url, MetadataFile: file }: ProviderDetails): void {
  if (!url && !file) throw invalidParameter('At least one of the MetadataURL or MetadataFile should be provided.')
  if (url && file) throw invalidParameter('Only one of the MetadataURL or MetadataFile should be provided.')
}

function requireValidDetail(key: string, value: string): void {
  if (endpointKeys.includes(key) && !isSafeUrl(value)) throw invalidParameter('OIDC endpoint must start with https://')
  if (key === 'MetadataURL' && value !== '' && !isSafeUrl(value)) throw invalidParameter('MetadataURL must start with https://')
  if (methodKeys.includes(key)) requireOneOf(key, value, ['POST', 'GET'])
  if (flagKeys.includes(key)) requireOneOf(key, value, ['true', 'false'])
  if (key === 'RequestSigningAlgorithm') requireOneOf(key, value, ['rsa-sha256'])
  if (key === algorithmKey) requireOneOf(key, value, [...publicKeyAlgorithms, ...Object.keys(macBytes)])
  if (key === 'token_endpoint_auth_method') requireOneOf(key, value, authenticationMethods)
  // The version becomes part of URLs, so a text with other characters could change the address that the server calls.
  if (key === 'api_version' && !/^v\d{1,3}\.\d{1,3}$/.test(value)) throw invalidParameter('api_version must have the form v17.0.')
}

function requireOneOf(key: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return
  throw invalidParameter(
    `1 validation error detected: Value '${value}' at '${key}' failed to satisfy constraint: Member must satisfy enum value set: [${allowed.join(', ')}]`,
  )
}

function isSafeUrl(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && loopbackHosts.includes(url.hostname))
}
