import { listAppClients } from '../../pools/app-client-repository.ts'
import { returnAddressOf } from '../../pools/page-address.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { AuthorizationRequestDeps } from '../authorize/authorization-request.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { receiveParameters } from '../parameters.ts'
import { findClientOfHost, type RequestHost } from '../request-host.ts'
import { offersReset } from './offered-pages.ts'

/**
 * Where a password manager sends a user who wants to change a password (W3C, A Well-Known URL for Changing Passwords): to the page that
 * resets it, for the client in the query, or else for the only client with pages of the pool whose domain the host is. Undefined when the
 * request tells no client, and when that client's users cannot reset their passwords on a page.
 */
export async function findChangePasswordPage(deps: AuthorizationRequestDeps, { host, query }: BrowserRequest): Promise<string | undefined> {
  const clientId = receiveParameters(query).parameters.get('client_id')
  const owner = clientId === undefined ? await findOnlyClient(deps, host) : await findClientOfHost(deps, host, clientId)
  return owner && resetPageOf(owner)
}

/** The page on which users of the client reset a password. Undefined where they cannot reset it on a page. */
export function resetPageOf(owner: PoolAndClient): string | undefined {
  const returnTo = returnAddressOf(owner)
  if (returnTo === undefined || !offersReset(owner)) return undefined
  return `/forgotPassword?${new URLSearchParams({ client_id: owner.client.id, ...returnTo })}`
}

/** In pools with more app clients than this, the request has to name one. */
const mostClients = 10

/**
 * On the main host all pools share one address, so nothing tells which pool is meant. A client that registered itself is never meant: its
 * owner may be a stranger, to whom the page would lead the user in the end.
 */
export async function findOnlyClient({ db, pools }: AuthorizationRequestDeps, host: RequestHost): Promise<PoolAndClient | undefined> {
  if (host.kind !== 'domain') return undefined
  const listed = await listAppClients(db, host.domain.poolId, { after: undefined, limit: mostClients + 1, withRegistered: false })
  if (listed.length > mostClients) return undefined
  const owners = await Promise.all(listed.map(({ id }) => pools.findClient(id)))
  const [first, ...others] = owners.filter((owner) => owner !== undefined && returnAddressOf(owner) !== undefined)
  return others.length === 0 ? first : undefined
}
