import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { openPageStep, type PageStep } from './page-step.ts'

type Deps = { readonly secrets: Secrets; readonly clock: Clock }

/** What the user of the browser has to do next for this client, if it is of this kind. */
export function findStep<K extends PageStep['kind']>(
  { secrets, clock }: Deps,
  { stepCookieOf }: BrowserRequest,
  { pool, client }: PoolAndClient,
  kind: K,
): Extract<PageStep, { kind: K }> | undefined {
  const step = openPageStep(secrets, { poolId: pool.id, clientId: client.id }, stepCookieOf(pool.id), clock.now())
  return step?.kind === kind ? (step as Extract<PageStep, { kind: K }>) : undefined
}
