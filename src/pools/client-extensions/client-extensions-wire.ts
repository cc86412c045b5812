import type {
  GetUserPoolClientExtensionsResponse,
  PrivateKeyJwtExtensionType,
  SetUserPoolClientExtensionsRequest,
} from '../../contract/generated/types.ts'
import type { AppClient } from '../app-client.ts'
import { type ClientExtensions, clientExtensionsOf, type PrivateKeyJwtExtension, type PublicJwk } from './client-extensions.ts'
import { readPublicKeys } from './public-keys.ts'

/**
 * The extensions of `client` after SetUserPoolClientExtensions: each section of the request replaces the old section, and other sections
 * stay.
 * @throws ApiError InvalidParameterException when a key cannot be used
 */
export function readClientExtensions(client: AppClient, request: SetUserPoolClientExtensionsRequest): ClientExtensions {
  const before = clientExtensionsOf(client)
  const { PrivateKeyJwt: privateKeyJwt, PushedAuthorizationRequests: pushed, DeviceGrant: deviceGrant } = request
  return {
    privateKeyJwt: privateKeyJwt === undefined ? before.privateKeyJwt : readPrivateKeyJwt(privateKeyJwt),
    pushedRequests: pushed === undefined ? before.pushedRequests : { isRequired: pushed.Required ?? false },
    deviceGrant: deviceGrant === undefined ? before.deviceGrant : { isEnabled: deviceGrant.Enabled ?? false },
  }
}

export function writeClientExtensions(client: AppClient): GetUserPoolClientExtensionsResponse {
  const { privateKeyJwt, pushedRequests, deviceGrant } = clientExtensionsOf(client)
  return {
    UserPoolId: client.poolId,
    ClientId: client.id,
    PrivateKeyJwt: { Keys: privateKeyJwt.keys && writeKeys(privateKeyJwt.keys) },
    PushedAuthorizationRequests: { Required: pushedRequests.isRequired },
    DeviceGrant: { Enabled: deviceGrant.isEnabled },
  }
}

function readPrivateKeyJwt({ Keys: keys }: PrivateKeyJwtExtensionType): PrivateKeyJwtExtension {
  return { keys: keys === undefined ? undefined : readPublicKeys(keys, 'PrivateKeyJwt.Keys') }
}

const writeKeys = (keys: readonly PublicJwk[]): PrivateKeyJwtExtensionType['Keys'] => ({ keys: keys.map((key) => ({ ...key })) }) as never
