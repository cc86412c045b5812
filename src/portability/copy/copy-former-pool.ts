import type { UserPoolClientType } from '@aws-sdk/client-cognito-identity-provider'
import { changePool } from '../../pools/change-pool.ts'
import type { FormerPool } from '../../pools/extensions/former-pool.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import { isAwsEndpoint } from '../../pools/extensions/signed-endpoints.ts'
import { auditOf, type Copy } from './copy-context.ts'
import { CopyError } from './copy-pool.ts'

export type Asking = {
  /** Until when the former pool is asked, in epoch milliseconds. */
  readonly until: number
  /** The app client of the former pool by which passwords are checked. */
  readonly clientId: string
  /** Undefined: signed calls only where the client allows no others. */
  readonly flow: FormerPool['flow'] | undefined
}

/**
 * The settings by which this server asks the former pool for passwords.
 * @throws CopyError when the former pool has no such client, or the client does not allow the flow
 */
export function readAsking(
  { source, deps, poolId }: Copy,
  { until, clientId, flow }: Asking,
  clients: readonly UserPoolClientType[],
): FormerPool {
  const client = clients.find(({ ClientId }) => ClientId === clientId)
  if (client === undefined) throw new CopyError(`--client: the user pool ${poolId} has no app client ${clientId}.`)
  const { ExplicitAuthFlows: flows = [], ClientSecret: secret } = client
  const allowed: Readonly<Record<FormerPool['flow'], boolean>> = {
    USER_PASSWORD_AUTH: flows.some((each) => each === 'ALLOW_USER_PASSWORD_AUTH' || each === 'USER_PASSWORD_AUTH'),
    ADMIN_USER_PASSWORD_AUTH: flows.some((each) => each === 'ALLOW_ADMIN_USER_PASSWORD_AUTH' || each === 'ADMIN_NO_SRP_AUTH'),
  }
  const chosen = flow ?? (allowed.USER_PASSWORD_AUTH ? 'USER_PASSWORD_AUTH' : 'ADMIN_USER_PASSWORD_AUTH')
  if (!allowed[chosen]) {
    throw new CopyError(`--client: app client ${clientId} does not allow ${chosen}. Add ALLOW_${chosen} to its ExplicitAuthFlows there.`)
  }
  return {
    userPoolId: poolId,
    clientId,
    sealedClientSecret: secret === undefined ? undefined : deps.secrets.seal('former-pool', secret, poolId),
    endpoint: source.endpoint,
    flow: chosen,
    until,
  }
}

/** Stores these settings in the pool's extensions. */
export async function storeAsking(copy: Copy, formerPool: FormerPool): Promise<void> {
  const { deps, poolId, report } = copy
  await changePool(
    { ...deps, audit: auditOf(deps, poolId, 'SetUserPoolExtensions') },
    poolId,
    ({ extensions }) => ({ FormerPool: extensions?.formerPool }),
    (before) => ({ ...before, extensions: { ...extensionsOf(before), formerPool } }),
  )
  if (formerPool.flow === 'ADMIN_USER_PASSWORD_AUTH') {
    report.note(
      'The servers ask the former pool by signed calls: give them AWS credentials that allow AdminInitiateAuth, AdminRespondToAuthChallenge and AdminGetUser.',
    )
    if (formerPool.endpoint !== undefined && !isAwsEndpoint(formerPool)) {
      report.note(`The servers sign calls to ${formerPool.endpoint} only if their setting --former-pool-endpoints names it.`)
    }
  }
}
