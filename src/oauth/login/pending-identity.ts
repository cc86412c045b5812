import { ApiError } from '../../contract/api-error.ts'
import type { Federation } from '../../federation/federation.ts'
import { type LinkIdentityDeps, linkIdentity } from '../../federation/people/link-identity.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { User } from '../../users/user.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { findPendingStep } from './find-step.ts'
import type { PendingIdentity } from './page-step.ts'

export type PendingIdentityDeps = LinkIdentityDeps & {
  readonly federation: Pick<Federation, 'noteFailure'>
}

/**
 * The identity that waits in the browser, if the page that the user has come from has said so: its form or address names the step.
 *
 * @throws ApiError NotAuthorizedException when another step has taken its place, such as that of a second tab, or it has expired.
 */
export function requirePending(
  deps: PendingIdentityDeps,
  browser: BrowserRequest,
  owner: PoolAndClient,
  stepId: string | undefined,
): PendingIdentity | undefined {
  if (stepId === undefined) return undefined
  const step = findPendingStep(deps, browser, owner)
  if (step?.id === stepId) return step.pending
  throw new ApiError('NotAuthorizedException', 'This page has expired. Please try again.')
}

/**
 * Links an identity that has waited to the user who has signed in. Does nothing for any other user than the one with its address. The user is
 * signed in even if the identity cannot be linked: it may belong to another user by now, or the user may have too many.
 */
export async function linkPending(
  deps: PendingIdentityDeps,
  { pool, client }: PoolAndClient,
  user: User,
  pending: PendingIdentity | undefined,
): Promise<User> {
  if (pending === undefined || pending.sub !== user.sub || deps.clock.now() >= pending.expiresAt) return user
  try {
    return await linkIdentity(deps, pool, user, pending, { clientId: client.id })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { providerName: provider, providerType: type } = pending
    await deps.federation.noteFailure({ poolId: pool.id, clientId: client.id, provider, type }, error)
    return user
  }
}
