import { getActiveSpan, inSpan, isTracing, markFailed } from '../base/tracing.ts'
import type { Pool } from '../pools/pool.ts'
import type { TriggerName } from '../pools/trigger-settings.ts'
import type { InvocationReplayer } from './create-triggers.ts'
import type { InvocationRecord } from './invocations/invocation.ts'
import { hasTrigger, type TriggerCall, type Triggers } from './trigger.ts'

/** With tracing, each invocation is a span, retries included. Without tracing, it returns `triggers` itself. */
export function traceTriggers(triggers: Triggers & InvocationReplayer): Triggers & InvocationReplayer {
  if (!isTracing()) return triggers
  return {
    ...triggers,
    invoke: (call, readResponse) =>
      hasTrigger(call.pool, call.trigger)
        ? inSpan(spanOf(call.trigger, call.pool, call), () => triggers.invoke(call, readResponse))
        : triggers.invoke(call, readResponse),
    replay: (pool, recorded, event) => inSpan(spanOf(recorded.trigger, pool), () => triggers.replay(pool, recorded, event)),
  }
}

function spanOf(trigger: TriggerName, pool: Pool, { clientId }: Partial<Pick<TriggerCall, 'clientId'>> = {}) {
  const attributes = { 'lifeguard.trigger.name': trigger, 'lifeguard.user_pool.id': pool.id, 'lifeguard.app_client.id': clientId }
  return { name: trigger, kind: 'client', attributes } as const
}

/** Adds the result of an invocation to its span. */
export function noteInvocation({ outcome, attempts, error }: InvocationRecord): void {
  const span = getActiveSpan()
  span?.setAttributes({ 'lifeguard.outcome': outcome.toLowerCase(), 'lifeguard.trigger.attempts': attempts })
  if (error !== undefined) markFailed(span, error.kind)
}
