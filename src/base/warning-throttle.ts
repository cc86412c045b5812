import { minuteMs } from './durations.ts'

/** Limits how often a repeated problem is logged: the first time, and then at most once a minute. */
export type WarningThrottle = {
  /** How often the problem occurred since it was last logged, this time included; undefined while it must not be logged. */
  countToReport(problem: string, now: number): number | undefined
}

const pauseMs = minuteMs
/** The most problems that are remembered. It bounds the memory, since a problem may contain any text of a remote server. */
const maximumProblems = 100

export function createWarningThrottle(): WarningThrottle {
  const problems = new Map<string, { readonly warnedAt: number; count: number }>()
  return {
    countToReport(problem, now) {
      const known = problems.get(problem)
      const age = known === undefined ? pauseMs : now - known.warnedAt
      // A negative age means that the clock was set back.
      if (known !== undefined && age >= 0 && age < pauseMs) {
        known.count++
        return undefined
      }
      if (problems.size >= maximumProblems) problems.clear()
      problems.set(problem, { warnedAt: now, count: 0 })
      return (known?.count ?? 0) + 1
    },
  }
}
