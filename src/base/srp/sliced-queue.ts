/**
 * Runs short computations on the main thread, a few in each turn of the event loop, so that many of them do not block the loop. The queue
 * is bounded. For work of a fraction of a millisecond this costs less than a thread.
 */
export type SlicedQueue = {
  /** Undefined when the queue is full. Rejects with the error of the work, or when the queue is closed. */
  run<T>(work: () => T): Promise<T> | undefined
  /** The number of computations that wait. */
  waiting(): number
  /** Rejects waiting work. */
  close(): void
}

type Job = { perform(): void; reject(error: Error): void }

/**
 * How long the queue computes in one turn of the event loop: long enough for several sign-ins, which then reach the database together, and
 * short enough not to delay other requests.
 */
const sliceMilliseconds = 1

/**
 * @param options.prepare one step of a preparation that must end before the first job; it is called until it returns false
 * @param options.queueLimit how many jobs may wait
 */
export function createSlicedQueue(options: { prepare(): boolean; queueLimit: number }): SlicedQueue {
  const waiting: Job[] = []
  let scheduled = false
  let closed = false

  function work(): void {
    const end = performance.now() + sliceMilliseconds
    do {
      if (options.prepare()) continue
      waiting.shift()?.perform()
    } while (waiting.length > 0 && performance.now() < end)
    scheduled = waiting.length > 0
    if (scheduled) setImmediate(work)
  }

  return {
    run(task) {
      if (closed) return Promise.reject(new Error('The queue is closed.'))
      if (waiting.length >= options.queueLimit) return undefined
      if (!scheduled) setImmediate(work)
      scheduled = true
      return new Promise((resolve, reject) => {
        const perform = () => {
          try {
            resolve(task())
          } catch (error) {
            reject(error)
          }
        }
        waiting.push({ perform, reject })
      })
    },

    waiting: () => waiting.length,

    close() {
      closed = true
      for (const job of waiting.splice(0)) job.reject(new Error('The queue was closed.'))
    },
  }
}
