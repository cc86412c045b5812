import { mannerOf } from '../../pools/extensions/pool-extensions.ts'
import { receiveParameters } from '../parameters.ts'
import { findClientOfHost, type HostDeps, type RequestHost } from '../request-host.ts'

/**
 * Whether the authorization endpoint takes the request as a form (OpenID Connect Core §3.1.2.1). Cognito's takes GET only. The pool is that of
 * the domain, else that of the app client.
 */
export async function acceptsPost({ pools }: Pick<HostDeps, 'pools'>, host: RequestHost, form: string): Promise<boolean> {
  const clientId = receiveParameters(form).parameters.get('client_id') ?? ''
  const pool = host.kind === 'domain' ? await pools.findPool(host.domain.poolId) : (await findClientOfHost({ pools }, host, clientId))?.pool
  return pool !== undefined && mannerOf(pool) === 'STRICT'
}
