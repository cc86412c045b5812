import type { UserPoolClientType } from '@aws-sdk/client-cognito-identity-provider'
import { changePool } from '../../pools/change-pool.ts'
import type { FormerPool } from '../../pools/extensions/former-pool.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import { auditOf, type Copy } from './copy-context.ts'
import { CopyError } from './copy-pool.ts'

export type Asking = {
  /** Until when the former pool is asked, in epoch milliseconds. */
  readonly until: number
  /** The app client of the former pool by which passwords are checked. */
  readonly clientId: string
}

/**
 * The settings by which this server asks the former pool for passwords.
 * @throws CopyError when the former pool has no such client, or the client allows no sign-in by password
 */
export function readAsking(
  { source, deps, poolId }: Copy,
  { until, clientId }: Asking,
  clients: readonly UserPoolClientType[],
): FormerPool {
  const client = clients.find(({ ClientId }) => ClientId === clientId)
  if (client === undefined) throw new CopyError(`--client: the user pool ${poolId} has no app client ${clientId}.`)
  const { ExplicitAuthFlows: flows = [], ClientSecret: secret } = client
  const isPublic = flows.some((flow) => flow === 'ALLOW_USER_PASSWORD_AUTH' || flow === 'USER_PASSWORD_AUTH')
  const isAdmin = flows.some((flow) => flow === 'ALLOW_ADMIN_USER_PASSWORD_AUTH' || flow === 'ADMIN_NO_SRP_AUTH')
  if (!isPublic && !isAdmin) {
    throw new CopyError(
      `--client: app client ${clientId} allows no sign-in by password. Add ALLOW_ADMIN_USER_PASSWORD_AUTH to its ExplicitAuthFlows there.`,
    )
  }
  return {
    userPoolId: poolId,
    clientId,
    sealedClientSecret: secret === undefined ? undefined : deps.secrets.seal('former-pool', secret, poolId),
    endpoint: source.endpoint,
    // Signed calls also show users whom this server does not know, with all their attributes.
    flow: isAdmin ? 'ADMIN_USER_PASSWORD_AUTH' : 'USER_PASSWORD_AUTH',
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
    report.note('The servers ask the former pool by signed calls: give them AWS credentials that allow AdminInitiateAuth and AdminGetUser.')
  }
}
