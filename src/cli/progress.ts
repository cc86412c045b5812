/** The time between two lines of progress, in milliseconds. */
const progressMs = 2000

/** Returns a function that prints its count to standard error from time to time, as a line that `describe` makes. */
export function createProgress(describe: (count: number) => string): (count: number) => void {
  let reportedAt = performance.now()
  return (count) => {
    if (performance.now() - reportedAt < progressMs) return
    reportedAt = performance.now()
    console.error(describe(count))
  }
}
