import { ApiError } from '../../contract/api-error.ts'

/** The answer for an identity provider that the pool does not have. */
export function providerNotFound(name: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Identity provider ${name} does not exist.`)
}

/** The answer to an attempt to change the pool's own users as if they were a provider like the others. */
export function requireExternalProvider(name: string): void {
  if (name.toUpperCase() === 'COGNITO') {
    throw new ApiError('UnsupportedIdentityProviderException', `${name} is not an identity provider that can be changed.`)
  }
}
