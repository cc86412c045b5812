import { ApiError } from '../contract/api-error.ts'
import type { Pool, TriggerName } from '../pools/pool.ts'

/**
 * Stands where a trigger would be asked. Lifeguard cannot run triggers yet, and a pool that relies on one (to refuse
 * sign-ups, say) must not go on as if it had agreed: so the call fails the way Cognito fails when it cannot reach the function.
 * Never call it inside a transaction.
 */
export function requireNoTrigger(pool: Pool, name: TriggerName): void {
  if (pool.triggers.byName[name] === undefined) return
  throw new ApiError('UnexpectedLambdaException', `${name} invocation failed due to configuration.`)
}
