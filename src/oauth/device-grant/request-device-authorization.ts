import type { Secrets } from '../../base/secrets.ts'
import { endpointBaseOf } from '../../pools/domains/endpoint-base.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import {
  type AuthenticationByManner,
  authenticateClient,
  type ClientAuthenticationDeps,
  type ClientRequest,
} from '../client-authentication.ts'
import { verifyProof } from '../dpop/dpop-proof.ts'
import { OAuthError } from '../oauth-error.ts'
import { listIn } from '../parameters.ts'
import { strictClientAuthentication } from '../private-key-jwt/private-key-jwt.ts'
import { readResource } from '../resource-indicators.ts'
import { requireKnownScopes } from '../scopes-of-users.ts'
import {
  type DeviceRequestDetails,
  deviceAuthorizationMs,
  hashOfDeviceCode,
  idOfUserCode,
  newDeviceCode,
  newUserCode,
  pollIntervalSeconds,
} from './device-authorization.ts'
import { insertDeviceAuthorization } from './device-authorization-repository.ts'
import { mayUseDeviceGrant } from './may-use-device-grant.ts'

export type DeviceAuthorizationDeps = ClientAuthenticationDeps & { readonly secrets: Secrets }

const clientAuthentication: AuthenticationByManner = { STRICT: strictClientAuthentication }

const path = '/oauth2/device_authorization'

/** The members of discovery documents in pools of manner strict (RFC 8628 §4). */
export const deviceGrantMetadata = (base: string) => ({ device_authorization_endpoint: `${base}${path}` })

/** RFC 8628 §3.2. */
type DeviceAnswer = {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete: string
  readonly expires_in: number
  readonly interval: number
}

/**
 * The device authorization endpoint (RFC 8628 §3.1): gives a device two codes. The user types one of them on the page `/device`, the device
 * polls the token endpoint with the other. A proof of a key (RFC 9449) binds the tokens to that key. `onClient` is called as soon as the
 * client is authenticated.
 *
 * @throws MissingEndpoint in pools that are not of manner strict.
 * @throws OAuthError invalid_client; unauthorized_client when the client may not use the grant; invalid_scope, invalid_target,
 *   invalid_dpop_proof and use_dpop_nonce.
 */
export async function requestDeviceAuthorization(
  deps: DeviceAuthorizationDeps,
  request: ClientRequest & { readonly dpop: string | undefined; readonly onClient: (owner: PoolAndClient) => void },
): Promise<DeviceAnswer> {
  const owner = await authenticateClient(deps, clientAuthentication, request)
  request.onClient(owner)
  if (!mayUseDeviceGrant(owner)) throw new OAuthError('unauthorized_client')
  const { pool, client } = owner
  const { parameters, dpop } = request
  const scopes = await requireKnownScopes(deps, client, listIn(parameters, 'scope'))
  const granted = { scopes, resource: readResource(parameters, 'invalid_target') }
  const boundTo = dpop === undefined ? undefined : await verifyProof(deps, dpop, { pool, method: 'POST', path })
  const codes = await storeRequest(deps, owner, { granted, boundTo })
  return {
    device_code: codes.deviceCode,
    user_code: codes.userCode,
    ...(await addressesOf(deps, owner, codes.userCode)),
    expires_in: deviceAuthorizationMs / 1000,
    interval: pollIntervalSeconds,
  }
}

/** One in millions of user codes is in use. So several tries mean that something is wrong. */
const mostTries = 5

async function storeRequest(
  { db, clock, secrets }: DeviceAuthorizationDeps,
  { pool, client }: PoolAndClient,
  details: DeviceRequestDetails,
): Promise<{ readonly deviceCode: string; readonly userCode: string }> {
  const deviceCode = newDeviceCode()
  for (let tries = 0; tries < mostTries; tries++) {
    const userCode = newUserCode()
    const isStored = await insertDeviceAuthorization(db, {
      poolId: pool.id,
      id: idOfUserCode(secrets, pool.id, userCode),
      deviceCodeHash: hashOfDeviceCode(deviceCode),
      clientId: client.id,
      expiresAt: clock.now() + deviceAuthorizationMs,
      details,
      intervalSeconds: pollIntervalSeconds,
      polledAt: null,
      decision: null,
      approval: null,
      sessionId: null,
    })
    if (isStored) return { deviceCode, userCode }
  }
  throw new Error('No free user code was found.')
}

/**
 * Where the user goes. On a domain the host names the pool, which makes the address short. On the main host the client in the address
 * does.
 */
async function addressesOf({ pools, publicUrl }: DeviceAuthorizationDeps, { pool, client }: PoolAndClient, userCode: string) {
  const base = endpointBaseOf(publicUrl, await pools.findDomainsOf(pool.id))
  const isMainHost = new URL(base).host === new URL(publicUrl).host
  const page = `${base}/device`
  const clientId = new URLSearchParams({ client_id: client.id })
  return {
    verification_uri: isMainHost ? `${page}?${clientId}` : page,
    verification_uri_complete: `${page}?${clientId}&${new URLSearchParams({ user_code: userCode })}`,
  }
}
