import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { openPageStep, type PageStep, type PendingIdentity } from './page-step.ts'

type Deps = { readonly secrets: Secrets; readonly clock: Clock }

type Steps = Pick<BrowserRequest, 'stepCookieOf'>

/** What the user of the browser has to do next for this client. */
function findAnyStep({ secrets, clock }: Deps, { stepCookieOf }: Steps, { pool, client }: PoolAndClient): PageStep | undefined {
  return openPageStep(secrets, { poolId: pool.id, clientId: client.id }, stepCookieOf(pool.id), clock.now())
}

/** What the user of the browser has to do next for this client, if it is of this kind. */
export function findStep<K extends PageStep['kind']>(
  deps: Deps,
  browser: Steps,
  owner: PoolAndClient,
  kind: K,
): Extract<PageStep, { kind: K }> | undefined {
  const step = findAnyStep(deps, browser, owner)
  return step?.kind === kind ? (step as Extract<PageStep, { kind: K }>) : undefined
}

/** A step of the browser with an identity that waits for a proof. Forms that link the identity carry the `id` of the step. */
export type PendingStep = { readonly id: string; readonly pending: PendingIdentity }

/** The step in which an identity waits until the user of the browser signs in. Undefined when none waits, or no longer. */
export function findPendingStep(deps: Deps, browser: Steps, owner: PoolAndClient): PendingStep | undefined {
  const step = findAnyStep(deps, browser, owner)
  if (step === undefined || !('pending' in step) || step.pending === undefined) return undefined
  return deps.clock.now() < step.pending.expiresAt ? { id: step.id, pending: step.pending } : undefined
}
