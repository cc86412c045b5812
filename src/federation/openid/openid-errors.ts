import * as client from 'openid-client'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { causesOf } from '../causes.ts'
import { FederationError } from '../federation-error.ts'
import { ProviderUnreachable } from '../provider-http.ts'

/** Runs `work`, and turns errors of the library into those that the app gets. The texts are Cognito's where they are known. */
export async function explainOpenIdError<T>(provider: IdentityProvider, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof FederationError ? error : explained(provider, error)
  }
}

function explained({ id }: IdentityProvider, error: unknown): unknown {
  const unreachable = causesOf(error).find((cause) => cause instanceof ProviderUnreachable)
  if (unreachable !== undefined)
    return new FederationError(textOfUnreachable(id, unreachable), { reason: 'unreachable', cause: unreachable })
  if (error instanceof client.ResponseBodyError) {
    const { status, error: code, error_description: words } = error
    return new FederationError(`${id} Error - ${status} ${code}${words === undefined ? '' : ` ${words.slice(0, 300)}`}`, {
      reason: 'provider-error',
      cause: error,
    })
  }
  if (error instanceof client.ClientError) return new FederationError(`${id} Error - ${error.message}`, { cause: error })
  if (error instanceof client.WWWAuthenticateChallengeError) {
    return new FederationError(`${id} Error - ${error.status} error getting token`, { reason: 'provider-error', cause: error })
  }
  return error
}

function textOfUnreachable(id: string, { url, failure }: ProviderUnreachable): string {
  if (failure !== 'timeout') return `${id} Error - ${failure === 'refused-address' ? 'address not allowed' : 'Connection reset'}`
  return /jwks|keys|certs/i.test(url) ? 'Timeout in calling jwks uri' : 'Timeout occurred in calling IdP token endpoint'
}
