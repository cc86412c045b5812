import type { TriggerName } from '../../pools/trigger-settings.ts'
import type { JsonObject } from '../trigger.ts'

export type InvocationOutcome = 'SUCCEEDED' | 'FAILED' | 'CONTINUED' | 'LAST_GOOD'

export type InvocationFailure = {
  /** Whose it was: the function's, its answer's, of reaching it, or our own. */
  readonly kind: 'FUNCTION' | 'ANSWER' | 'INVOCATION' | 'INTERNAL'
  readonly message: string
  readonly path?: string
  readonly expected?: string
  readonly found?: string
}

/** What was asked of a trigger's function, and what came of it. */
export type InvocationRecord = {
  /** The id the function saw; ids sort by time. */
  readonly id: string
  readonly poolId: string
  readonly trigger: TriggerName
  readonly source: string
  readonly functionArn: string
  readonly username: string
  readonly sub: string | undefined
  readonly startedAt: number
  readonly durationMs: number
  readonly attempts: number
  readonly outcome: InvocationOutcome
  readonly error: InvocationFailure | undefined
  readonly event: JsonObject
  /** Undefined when there was none. */
  readonly answer: unknown
  /** The record that was asked again. */
  readonly replayOf: string | undefined
}

/**
 * A record as it is kept: the event and the answer as JSON text with their secrets masked; undefined when they are too long, or nested too
 * deep.
 */
export type StoredInvocation = Omit<InvocationRecord, 'event' | 'answer'> & {
  readonly event: string | undefined
  readonly answer: string | undefined
}
