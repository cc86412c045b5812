import { randomFill } from 'node:crypto'

/** How many requests may be worked on at once, adapted to how long the processors let work wait. */
export type WorkLimit = {
  current(): number
  /** A request found all places taken. */
  reached(): void
}

type Options = {
  readonly processors: number
  /** About how many milliseconds new work would wait in queues that the probe does not pass. */
  readonly otherDelay: () => number
}

const probeEveryMs = 10

/** Work that waits no longer than this leaves room for more of it; work that waits longer than the second leaves none. */
const shortDelayMs = 6
const longDelayMs = 12

/** Enough to keep each processor busy while requests wait for the database, or for a turn of an event loop that turns others away. */
const leastPerProcessor = 8
const mostPerProcessor = 256

/**
 * Sends a probe through the thread pool and back through the event loop, where signatures and answers wait, too, and lowers the limit when
 * the probe is slow. It is sent only while requests find all places taken, so an idle server does nothing.
 */
export function createWorkLimit({ processors, otherDelay }: Options): WorkLimit {
  const least = leastPerProcessor * processors
  const probed = Buffer.alloc(1)
  let limit = 2 * least
  let isProbing = false
  let wasReached = false

  function probe(): void {
    isProbing = wasReached
    if (!isProbing) return
    wasReached = false
    const sentAt = performance.now()
    randomFill(probed, () => {
      adapt(Math.max(performance.now() - sentAt, otherDelay()))
      setTimeout(probe, probeEveryMs).unref()
    })
  }

  function adapt(delayMs: number): void {
    if (delayMs > longDelayMs) limit = Math.max(least, limit - Math.ceil(limit / 8))
    else if (delayMs < shortDelayMs && wasReached) limit = Math.min(mostPerProcessor * processors, limit + Math.ceil(limit / 16))
  }

  return {
    current: () => limit,
    reached() {
      wasReached = true
      if (!isProbing) probe()
    },
  }
}
