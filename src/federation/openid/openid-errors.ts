import * as client from 'openid-client'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { FederationError } from '../federation-error.ts'
import { ProviderUnreachable } from '../provider-http.ts'

/** The endpoints that errors may come from. Undefined while they are not known yet. */
type Endpoints = Pick<client.ServerMetadata, 'token_endpoint' | 'jwks_uri'> | undefined

type Endpoint = 'token' | 'keys' | 'other'

/** Runs `work`, and turns errors of the library into those that the app gets. The texts are Cognito's where they are known. */
export async function explainOpenIdError<T>(provider: IdentityProvider, endpoints: Endpoints, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof FederationError ? error : explained(provider, endpoints, error)
  }
}

function explained({ id }: IdentityProvider, endpoints: Endpoints, error: unknown): unknown {
  const causes = causesOf(error)
  const unreachable = causes.find((cause) => cause instanceof ProviderUnreachable)
  if (unreachable !== undefined) {
    return new FederationError(textOfUnreachable(id, unreachable, endpointOf(unreachable.url, endpoints)), {
      reason: 'unreachable',
      cause: unreachable,
    })
  }
  if (error instanceof client.ResponseBodyError) {
    const { status, error: code, error_description: words } = error
    return new FederationError(`${id} Error - ${status} ${code}${words === undefined ? '' : ` ${words.slice(0, 300)}`}`, {
      reason: 'provider-error',
      cause: error,
    })
  }
  if (error instanceof client.WWWAuthenticateChallengeError) return badStatus(id, endpoints, error.response, error)
  const response = causes.find((cause) => cause instanceof Response)
  if (response !== undefined && response.status !== 200) return badStatus(id, endpoints, response, error)
  return error instanceof client.ClientError ? new FederationError(`${id} Error - ${error.message}`, { cause: error }) : error
}

function badStatus(id: string, endpoints: Endpoints, { status, url }: Response, cause: unknown): FederationError {
  const wanted = { token: 'token', keys: 'keys', other: endpoints === undefined ? 'metadata' : 'user info' }
  return new FederationError(`${id} Error - ${status} error getting ${wanted[endpointOf(url, endpoints)]}`, {
    reason: 'provider-error',
    cause,
  })
}

function textOfUnreachable(id: string, { failure }: ProviderUnreachable, endpoint: Endpoint): string {
  switch (failure) {
    case 'timeout':
      return timeoutTexts[endpoint]
    case 'refused-address':
      return `${id} Error - address not allowed`
    case 'too-large':
      return `${id} Error - the answer is too long`
    default:
      return 'Connection reset'
  }
}

const timeoutTexts: Readonly<Record<Endpoint, string>> = {
  token: 'Timeout occurred in calling IdP token endpoint',
  keys: 'Timeout in calling jwks uri',
  other: 'Read timed out',
}

function endpointOf(url: string, endpoints: Endpoints): Endpoint {
  const [called, token, keys] = [url, endpoints?.token_endpoint, endpoints?.jwks_uri].map((text) => text?.replace(/\?.*$/, ''))
  if (called === keys) return 'keys'
  return called === token ? 'token' : 'other'
}

function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = []
  for (let cause = error; cause !== undefined && causes.length < 5; cause = cause instanceof Error ? cause.cause : undefined)
    causes.push(cause)
  return causes
}
