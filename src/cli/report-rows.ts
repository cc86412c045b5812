/** The time between two lines of progress. */
const progressMs = 2000

/** Makes a function that prints, from time to time, how many rows were restored or copied so far. */
export function reportRows(verb: string): (rows: number) => void {
  let reportedAt = performance.now()
  return (rows) => {
    if (performance.now() - reportedAt < progressMs) return
    reportedAt = performance.now()
    console.error(`${rows} rows were ${verb} so far.`)
  }
}
