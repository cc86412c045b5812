import type { Pool } from '../../pools/pool.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { User } from '../../users/user.ts'
import type { BrowserRequest } from '../browser-request.ts'
import type { Parameters } from '../parameters.ts'
import { findClientOfHost, type HostDeps } from '../request-host.ts'
import { resetPageOf } from './change-password.ts'

/** A link in a notice to a user. Only the token proves something. */
export type NoticeLink = {
  readonly pool: Pool
  readonly token: string
  /** Decides the look of the page. Undefined when the client was deleted since, or the notice came from none. */
  readonly owner: PoolAndClient | undefined
}

/** Reads the link. Undefined for one that no notice of a pool on this host can contain. */
export async function findNoticeLink(
  { pools }: Pick<HostDeps, 'pools'>,
  { host }: Pick<BrowserRequest, 'host'>,
  given: Parameters,
): Promise<NoticeLink | undefined> {
  const [poolId, clientId, token] = ['user_pool_id', 'client_id', 'token'].map((name) => given.get(name))
  if (poolId === undefined || token === undefined || host.kind === 'unknown') return undefined
  if (host.kind === 'domain' && host.domain.poolId !== poolId) return undefined
  const pool = await pools.findPool(poolId)
  const owner = clientId === undefined ? undefined : await findClientOfHost({ pools }, host, clientId)
  return pool && { pool, token, owner: owner?.pool.id === pool.id ? owner : undefined }
}

/** Where the user sets a new password. Undefined for a user without a password, and where no page can do it. */
export const resetPageFor = ({ owner }: NoticeLink, user: User): string | undefined =>
  user.password === null || owner === undefined ? undefined : resetPageOf(owner)
