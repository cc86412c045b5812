import type { TriggerName } from '../../pools/trigger-settings.ts'
import type { JsonObject } from '../trigger.ts'

export type InvocationOutcome = 'SUCCEEDED' | 'FAILED' | 'CONTINUED' | 'LAST_GOOD'

export type InvocationFailure = {
  /** What failed: the function, its answer, the attempt to invoke it, or our own code. */
  readonly kind: 'FUNCTION' | 'ANSWER' | 'INVOCATION' | 'INTERNAL'
  readonly message: string
  readonly path?: string
  readonly expected?: string
  readonly found?: string
}

/** One invocation of a trigger function, and its result. */
export type InvocationRecord = {
  /** The id that the function saw. Ids sort by time. */
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
  /** Undefined when there was no answer. */
  readonly answer: unknown
  /** The id of the record that this invocation replayed. */
  readonly replayOf: string | undefined
}

/**
 * A record as it is stored: the event and the answer are JSON text with masked secrets. Each is undefined when it is too long or nested too
 * deep.
 */
export type StoredInvocation = Omit<InvocationRecord, 'event' | 'answer'> & {
  readonly event: string | undefined
  readonly answer: string | undefined
}
