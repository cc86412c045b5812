import { randomFill } from 'node:crypto'

/** How many requests may be processed at once, adapted to how long work waits for a processor. */
export type WorkLimit = {
  current(): number
  /** To be called when a request finds all slots occupied. */
  reached(): void
}

type Options = {
  readonly processors: number
  /** The approximate wait, in milliseconds, in queues that the probe (see `createWorkLimit`) does not pass through. */
  readonly otherDelay: () => number
}

const probeIntervalMs = 10

/** When the measured delay is shorter than this, the limit may grow. */
const shortDelayMs = 6
/** When the measured delay is longer than this, the limit shrinks. */
const longDelayMs = 12

/**
 * The limit never falls below this number of requests for each processor. It keeps a processor busy while some of them wait for the
 * database, or for the event loop while it rejects other requests.
 */
const minPerProcessor = 8
const maxPerProcessor = 256

/**
 * Sends a probe through the thread pool and back through the event loop, where signatures and answers wait as well, and lowers the limit
 * when the probe is slow. Probes are sent only while requests find all slots occupied, so an idle server does nothing.
 */
export function createWorkLimit({ processors, otherDelay }: Options): WorkLimit {
  const min = minPerProcessor * processors
  const max = maxPerProcessor * processors
  const randomByte = Buffer.alloc(1)
  let limit = 2 * min
  let isProbing = false
  let wasReached = false

  function probe(): void {
    isProbing = wasReached
    if (!isProbing) return
    wasReached = false
    const sentAt = performance.now()
    randomFill(randomByte, () => {
      adapt(Math.max(performance.now() - sentAt, otherDelay()))
      setTimeout(probe, probeIntervalMs).unref()
    })
  }

  function adapt(delayMs: number): void {
    if (delayMs > longDelayMs) limit = Math.max(min, limit - Math.ceil(limit / 8))
    else if (delayMs < shortDelayMs && wasReached) limit = Math.min(max, limit + Math.ceil(limit / 16))
  }

  return {
    current: () => limit,
    reached() {
      wasReached = true
      if (!isProbing) probe()
    },
  }
}
