import type { Sample } from '../measure/probe.ts'
import type { Stage } from '../stage/stage.ts'

/** What a fault can use and report while it lasts. */
export type Trial = {
  /** How long the fault lasts, for faults with a duration. */
  readonly seconds: number
  /**
   * Milliseconds from `start` until each node has answered a later sign-in of the probe (see `Probe`) with tokens. Undefined while a node
   * has not.
   */
  firstGoodOnEveryNode(start: number): number | undefined
  /**
   * The median time in milliseconds that the probe's requests of one kind have waited for an answer. Only requests that began at or after
   * `since` count.
   */
  medianWait(kind: Sample['kind'], since: number): number
  /** Adds a remark to the fault's row in the table of results. */
  note(remark: string): void
  /** Adds a remark to the fault's row that makes the whole series fail. */
  fail(remark: string): void
}

export type Fault<On extends Stage = Stage> = {
  readonly name: string
  readonly title: string
  /** Whether `--quick` includes the fault. */
  readonly isQuick?: boolean
  /** How long the fault lasts unless `--seconds` is set; missing for a fault without a duration. */
  readonly seconds?: number
  /** Begins the fault, waits while it lasts, and ends it. */
  inflict(stage: On, trial: Trial): Promise<void>
  /** The reason why the fault cannot be tried on this stage; undefined when it can. */
  skipReason?(stage: On): string | undefined
}

/** The name of the user that the probe signs in. The user exists on every stage. */
export const probeUser = 'probe'

/** The nodes must have recovered this soon after the end of any fault. */
export const recoveryDeadlineSeconds = 30
