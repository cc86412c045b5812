import type { Sample } from '../measure/probe.ts'
import type { Stage } from '../stage/stage.ts'

/** What a fault can use and report while it lasts. */
export type Trial = {
  /** How long the fault lasts, for faults with a duration. */
  readonly seconds: number
  /** Milliseconds from `start` until each node had given a good answer; undefined if one has not. */
  firstGoodOnEveryNode(start: number): number | undefined
  /** The median time in milliseconds that the probe's requests of one kind have waited for an answer since then. */
  medianWait(kind: Sample['kind'], since: number): number
  /** Adds a remark to the row of the fault. */
  note(remark: string): void
  /** Adds a remark that makes the series fail. */
  fail(remark: string): void
}

export type Fault<On extends Stage = Stage> = {
  readonly name: string
  readonly title: string
  /** Whether `--quick` includes it. */
  readonly isQuick?: boolean
  /** How long it lasts unless `--seconds` is set; missing for a fault without a duration. */
  readonly seconds?: number
  /** Begins the fault, waits while it lasts, and ends it. */
  inflict(stage: On, trial: Trial): Promise<void>
  /** The reason if it cannot be tried here. */
  skipReason?(stage: On): string | undefined
}

/** The user, on every stage, that the probe signs in. */
export const probeUser = 'probe'

/** The nodes must have recovered this soon after the end of any fault. */
export const recoveryDeadlineSeconds = 30
