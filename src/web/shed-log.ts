import type { Logger } from '../base/logger.ts'
import type { Metrics } from './metrics.ts'

/**
 * Counts the requests that are refused because the server is overloaded. The log says when the server begins and when it stops to refuse
 * requests. A line for each request would add to the overload.
 */
export type ShedLog = {
  /** To be called with each request that is refused. It costs almost nothing. */
  count(): void
  /** Ends the overload, if there is one. */
  close(): void
}

/** Without a refused request for this long, the overload has ended. */
const quietMs = 5000

export function createShedLog(logger: Pick<Logger, 'warn'>, metrics: Pick<Metrics, 'countShed'>): ShedLog {
  let requests = 0
  let firstAt = 0
  let lastAt = 0
  let timer: NodeJS.Timeout | undefined

  function end(): void {
    if (timer === undefined) return
    clearInterval(timer)
    timer = undefined
    logger.warn({ requests, seconds: Math.round((lastAt - firstAt) / 100) / 10 }, 'Load shedding ended')
  }

  return {
    count() {
      metrics.countShed()
      lastAt = performance.now()
      if (timer === undefined) {
        requests = 0
        firstAt = lastAt
        logger.warn({}, 'Load shedding began: requests are answered 503')
        timer = setInterval(() => {
          if (performance.now() - lastAt >= quietMs) end()
        }, 1000).unref()
      }
      requests++
    },
    close: end,
  }
}
