import { ApiError, type ErrorCode } from '../../contract/api-error.ts'
import type { ClientRegistrationExtension } from '../../pools/extensions/client-registration.ts'
import { clientRegistrationOf, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { findExistingScopes, userScopes } from '../../pools/resource-servers/scopes.ts'
import type { Tx } from '../../storage/db.ts'
import { MissingEndpoint } from '../client-authentication.ts'
import { OAuthError } from '../oauth-error.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { invalidMetadata } from './metadata-members.ts'

/**
 * The settings of the pool, if its clients may register themselves.
 * @throws MissingEndpoint in pools that are not of manner strict, and in mode OFF.
 */
export function requireRegistration(pool: Pool | undefined): ClientRegistrationExtension {
  const registration = pool && clientRegistrationOf(pool)
  if (registration === undefined || registration.mode === 'OFF' || mannerOf(pool as Pool) !== 'STRICT') throw new MissingEndpoint()
  return registration
}

/**
 * The scopes of a client: those that it names, else all that it may have. With `client_credentials` there is no user, so scopes about a user
 * are left out.
 * @throws OAuthError invalid_client_metadata when no scope is left
 */
export async function scopesFor(tx: Tx, pool: Pool, { scopes, grant }: ClientMetadata): Promise<readonly string[]> {
  if (scopes !== undefined) return scopes
  const allowed = clientRegistrationOf(pool).allowedScopes
  const existing = await findExistingScopes(tx, pool.id, allowed)
  const left = allowed.filter((scope) => existing.has(scope) && (grant === 'authorization_code' || !userScopes.includes(scope)))
  if (left.length === 0) throw invalidMetadata('the pool allows no scope for this grant')
  return left
}

/** What the rules for app clients refuse with. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'FeatureUnavailableInTierException',
  'InvalidOAuthFlowException',
  'InvalidParameterException',
  'ScopeDoesNotExistException',
])

/** @throws OAuthError invalid_client_metadata in place of an error of the rules for app clients; access_denied when there are too many */
export async function withErrorsOfRules<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.code === 'LimitExceededException') throw tooManyClients(error)
    if (error.code === 'ResourceNotFoundException') throw new MissingEndpoint()
    // Only these characters may be in a description (RFC 7591 §3.2.2, RFC 6749 §5.2).
    if (refusals.has(error.code)) throw invalidMetadata(error.message.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?'))
    throw error
  }
}

export const tooManyClients = (cause?: unknown) =>
  new OAuthError('access_denied', { description: 'the pool has as many clients as it may have', status: 403, cause })
