import { decodeProtectedHeader } from 'jose/decode/protected_header'
import { createLocalJWKSet } from 'jose/jwks/local'
import { compactVerify } from 'jose/jws/compact/verify'
import { isObject } from '../../base/is-object.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { isMac, publicKeyAlgorithms } from '../../pools/identity-providers/signature-algorithms.ts'
import { FederationError } from '../federation-error.ts'
import { type ProviderFetch, ProviderUnreachable } from '../provider-http.ts'

/**
 * The algorithms of ID tokens that are accepted. `published` is what the metadata of the provider lists; undefined where the settings name all
 * endpoints, so that no metadata is asked. The setting `id_token_signed_response_alg` narrows the list to one. A MAC counts only if the metadata
 * or this setting names it, and only with a client secret: Google's and Apple's tokens never have one.
 */
export function acceptedAlgorithms(
  { config: { type, details } }: IdentityProvider,
  published: readonly string[] | undefined,
): readonly string[] {
  const chosen = details['id_token_signed_response_alg']
  const canHaveMac = type === 'OIDC' && Boolean(details['client_secret'])
  const isAccepted = (algorithm: string) => publicKeyAlgorithms.includes(algorithm) || (canHaveMac && isMac(algorithm))
  return (chosen === undefined ? (published ?? publicKeyAlgorithms) : [chosen]).filter(isAccepted)
}

type Accepted = { readonly algorithms: readonly string[]; readonly jwksUri: string }

/**
 * Verifies the signature of an ID token although TLS vouches for the token endpoint, as Cognito does. The key of a MAC is the client secret
 * (OpenID Connect Core §10.1). All other keys come from the key set of the provider, which is fetched now, and never serve for a MAC.
 *
 * @throws FederationError when the algorithm is not accepted, the signature is wrong, or the key set cannot be used.
 */
export async function verifySignature(
  fetch: ProviderFetch,
  provider: IdentityProvider,
  idToken: string,
  { algorithms, jwksUri }: Accepted,
): Promise<void> {
  try {
    const { alg } = decodeProtectedHeader(idToken)
    const options = { algorithms: [...algorithms] }
    if (isMac(alg)) await compactVerify(idToken, new TextEncoder().encode(provider.config.details['client_secret']), options)
    else await compactVerify(idToken, createLocalJWKSet(await fetchKeys(fetch, provider, jwksUri)), options)
  } catch (cause) {
    if (cause instanceof FederationError || cause instanceof ProviderUnreachable) throw cause
    throw new FederationError(`${provider.id} Error - the signature of the ID token cannot be verified`, { cause })
  }
}

/** The key set of the provider (RFC 7517 §5). */
async function fetchKeys(fetch: ProviderFetch, { id }: IdentityProvider, jwksUri: string): Promise<{ keys: never }> {
  const response = await fetch(jwksUri, { method: 'GET', headers: { accept: 'application/json' } })
  if (response.status !== 200)
    throw new FederationError(`${id} Error - ${response.status} error getting keys`, { reason: 'provider-error' })
  const keys: unknown = JSON.parse(await response.text())
  if (!isObject(keys)) throw new TypeError('The key set is no object.')
  return keys as { keys: never }
}
