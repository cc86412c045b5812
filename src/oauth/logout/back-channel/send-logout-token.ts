import type { Clock } from '../../../base/clock.ts'
import { OutboundError, requestOutbound } from '../../../base/outbound-http.ts'
import { clientExtensionsOf } from '../../../pools/client-extensions/client-extensions.ts'
import { mannerOf } from '../../../pools/extensions/pool-extensions.ts'
import type { PoolCatalog } from '../../../pools/pool-catalog.ts'
import type { LogoutNotice } from '../../../users/session-clients/session-client-repository.ts'
import { issueLogoutToken, type LogoutTokenDeps } from './logout-token.ts'

export type SendLogoutTokenDeps = LogoutTokenDeps & {
  readonly clock: Clock
  readonly pools: Pick<PoolCatalog, 'findClient'>
  /** Whether the address may be one of this machine or of a private network. */
  readonly allowsPrivate: (uri: string) => boolean
  /** Time limit of one attempt, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * The result of an attempt. `not-needed`: the client has no back channel, or is gone. After `refused`, few further attempts make sense. The
 * reason has no text of the receiver.
 */
export type LogoutTokenResult =
  | { readonly kind: 'delivered' | 'not-needed' }
  | { readonly kind: 'failed' | 'refused'; readonly reason: string }

/** An app answers with an empty body, or with a short error. */
const maxResponseBytes = 16 * 1024

/** Sends a new logout token to the app (OpenID Connect Back-Channel Logout 1.0 §2.5). Never rejects because of the receiver. */
export async function sendLogoutToken(
  { clock, pools, allowsPrivate, timeoutMs, ...deps }: SendLogoutTokenDeps,
  notice: LogoutNotice,
  signal: AbortSignal,
): Promise<LogoutTokenResult> {
  const owner = await pools.findClient(notice.clientId)
  const url = owner && clientExtensionsOf(owner.client).backChannelLogout.uri
  if (url === undefined || owner?.pool.id !== notice.poolId || mannerOf(owner.pool) !== 'STRICT') return { kind: 'not-needed' }
  const now = clock.now()
  if (notice.expiresAt <= now) return { kind: 'failed', reason: 'it was not delivered in time' }
  const body = new URLSearchParams({ logout_token: await issueLogoutToken(deps, notice, now) }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const request = { url, method: 'POST', headers, body, timeoutMs, maxResponseBytes, signal } as const
  try {
    const { status } = await requestOutbound({ ...request, allowPrivate: allowsPrivate(url) })
    if (status >= 200 && status < 300) return { kind: 'delivered' }
    return { kind: status >= 400 && status < 500 ? 'refused' : 'failed', reason: `the app answered with status ${status}` }
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    const isForbidden = error.failure === 'refused-address' || error.failure === 'bad-url'
    return { kind: isForbidden ? 'refused' : 'failed', reason: error.message }
  }
}
