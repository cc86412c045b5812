import type { Sample } from '../measure/probe.ts'
import type { Stage } from '../stage/stage.ts'

/** Handed to a fault while it lasts. */
export type Trial = {
  /** How long a fault lasts that has a length. */
  readonly seconds: number
  /** How long it took from `start` until each node had given a good answer, if each has. */
  firstGoodOnEveryNode(start: number): number | undefined
  /** The median of the milliseconds that the probe's questions of one kind have waited for an answer since then. */
  medianWait(kind: Sample['kind'], since: number): number
  /** Adds a remark to the row of the fault. */
  note(remark: string): void
  /** Adds a remark that makes the series fail. */
  fail(remark: string): void
}

export type Fault<On extends Stage = Stage> = {
  readonly name: string
  readonly title: string
  /** In `--quick`, too. */
  readonly isQuick?: boolean
  /** How long it lasts unless `--seconds` says otherwise; missing for what happens in a moment. */
  readonly seconds?: number
  /** Begins the fault, waits while it lasts, and ends it. */
  inflict(stage: On, trial: Trial): Promise<void>
  /** Why it cannot be tried here, if so. */
  skipReason?(stage: On): string | undefined
}

/** A user of every stage, whom the probe signs in. */
export const probeUser = 'probe'

/** The nodes must be in order again so soon after the end of any fault. */
export const recoveryDeadlineSeconds = 30
