import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import type { IdentityLogin } from '../identity.ts'
import type { IdentityPool } from '../identity-pool.ts'

/** The most characters of the identifier of a developer user. */
const maxLength = 1024

/**
 * A developer user of the identity pool, as a login. `provider` is the provider that the request names.
 * @throws ApiError InvalidParameterException when the pool has no such developer provider, or the identifier is too long
 */
export function readDeveloperUser(pool: IdentityPool, identifier: string, provider = pool.developerProvider): IdentityLogin {
  if (pool.developerProvider === undefined) throw invalidParameter(`IdentityPool '${pool.id}' has no developer provider.`)
  if (provider !== pool.developerProvider) throw invalidParameter(`${provider} is not the developer provider of the identity pool.`)
  if (identifier.length > maxLength) throw invalidParameter(`The identifier of a developer user has at most ${maxLength} characters.`)
  return { provider, subject: identifier }
}

export function developerUserNotFound(): ApiError {
  return new ApiError('ResourceNotFoundException', 'The developer user has no identity in this identity pool.')
}

/** The error for an identity and a developer user that do not belong together. */
export function developerUserOfAnother(): ApiError {
  return new ApiError('ResourceConflictException', 'The developer user does not belong to this identity.')
}
