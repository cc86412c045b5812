import { minuteMs } from './durations.ts'

/** Limits how often a repeated problem is logged: the first time, and then at most once a minute. */
export type WarningThrottle = {
  /** How often the problem occurred since it was last logged, this time included; undefined while it must not be logged. */
  countToReport(problem: string, now: number): number | undefined
}

const pauseMs = minuteMs
/** The most problems that are remembered. It bounds the memory, since a problem may contain any text of a remote server. */
const maximumProblems = 100
/** Stands for every problem that is new while that many are remembered. */
const otherProblems = ''

export function createWarningThrottle(): WarningThrottle {
  const problems = new Map<string, { readonly warnedAt: number; count: number }>()
  // A negative age means that the clock was set back.
  const isRecent = (warnedAt: number, now: number) => now - warnedAt >= 0 && now - warnedAt < pauseMs

  /** The name under which a problem is counted. */
  function nameOf(problem: string, now: number): string {
    if (problems.has(problem) || problems.size < maximumProblems) return problem
    for (const [name, { warnedAt }] of problems) if (!isRecent(warnedAt, now)) problems.delete(name)
    return problems.size < maximumProblems ? problem : otherProblems
  }

  return {
    countToReport(problem, now) {
      const name = nameOf(problem, now)
      const known = problems.get(name)
      if (known !== undefined && isRecent(known.warnedAt, now)) {
        known.count++
        return undefined
      }
      problems.set(name, { warnedAt: now, count: 0 })
      return (known?.count ?? 0) + 1
    },
  }
}
