import { mannerOf } from '../../pools/extensions/pool-extensions.ts'
import { type Approval, type DeviceAuthorization, hashOfDeviceCode, pollIntervalSeconds } from '../device-grant/device-authorization.ts'
import { findDeviceAuthorizationByCode, recordPoll, redeemDeviceAuthorization } from '../device-grant/device-authorization-repository.ts'
import { mayUseDeviceGrant } from '../device-grant/may-use-device-grant.ts'
import { OAuthError } from '../oauth-error.ts'
import { requireParameter } from '../parameters.ts'
import type { Grant, GrantCheck } from './grant.ts'
import type { HostedTokensDeps } from './hosted-tokens.ts'
import { invalidGrant, type OneTimeGrant, redeemOnce, refuseSecondUse } from './redeem-once.ts'

/** The value of `grant_type` (RFC 8628 §3.4). */
export const deviceCodeGrantType = 'urn:ietf:params:oauth:grant-type:device_code'

const isOffered: GrantCheck = ({ pool }) => {
  if (mannerOf(pool) !== 'STRICT') throw new OAuthError('unsupported_grant_type')
}

const mayUse: GrantCheck = (request) => {
  if (!mayUseDeviceGrant(request)) throw new OAuthError('unauthorized_client')
}

/** The device grant (RFC 8628 §3.4): a device asks whether the user has decided, and gets tokens once the user has approved. */
export const deviceCode: Grant<HostedTokensDeps> = {
  checks: [isOffered, mayUse],

  async exchange(deps, request) {
    const { pool, client, parameters } = request
    const deviceCodeHash = hashOfDeviceCode(requireParameter(parameters, 'device_code'))
    const found = await findDeviceAuthorizationByCode(deps.db, { poolId: pool.id, deviceCodeHash })
    if (found === undefined || found.clientId !== client.id) throw invalidGrant()
    const { approval } = found
    const grant = approval === null ? undefined : grantOf(found, approval)
    if (grant !== undefined && found.sessionId !== null) throw await refuseSecondUse(deps, grant)
    if (found.expiresAt <= deps.clock.now()) throw new OAuthError('expired_token')
    if (found.decision === 'denied') throw new OAuthError('access_denied')
    if (grant === undefined) throw await refusePoll(deps, found)
    return redeemOnce(deps, request, grant)
  },
}

/** A device has a session of its own. It goes on when the user signs out in the browser that approved it, and its ID tokens have no `sid`. */
function grantOf(found: DeviceAuthorization, approval: Approval): OneTimeGrant {
  const { poolId, deviceCodeHash, details } = found
  return {
    ...details,
    ...approval,
    poolId,
    nonce: undefined,
    domainSession: undefined,
    redeem: (tx, sessionId) => redeemDeviceAuthorization(tx, found, sessionId),
    findSessionId: async (db) => (await findDeviceAuthorizationByCode(db, { poolId, deviceCodeHash }))?.sessionId,
  }
}

/** The network may bring two polls closer together than the device sent them. */
const toleranceMs = 1000
/** The interval does not grow beyond this, so that a device with a fault can still get its tokens. */
const longestIntervalSeconds = 60

/**
 * Notes a poll before the decision of the user. Returns the refusal: `slow_down` when the poll came too early. From then on the device has to
 * wait for longer (RFC 8628 §3.5).
 */
async function refusePoll({ db, clock }: HostedTokensDeps, found: DeviceAuthorization): Promise<OAuthError> {
  const now = clock.now()
  const { polledAt, intervalSeconds } = found
  const isEarly = polledAt !== null && now < polledAt + intervalSeconds * 1000 - toleranceMs
  const longer = Math.min(intervalSeconds + pollIntervalSeconds, longestIntervalSeconds)
  const isNoted = await recordPoll(db, found, { polledAt: now, intervalSeconds: isEarly ? longer : intervalSeconds })
  // Of polls at the same time, all but one are too early.
  return new OAuthError(isEarly || !isNoted ? 'slow_down' : 'authorization_pending')
}
