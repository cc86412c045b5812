/** How many records of refused calls a process stores in a second, and in a burst. */
const perSecond = 50
const burst = 200

/**
 * Limits the records of refused calls: a key that may do nothing could fill the table otherwise, at the cost of one write for each request.
 * True when the record may be stored.
 */
export function createRefusalLimit(): () => boolean {
  let tokens = burst
  let filledAt = performance.now()
  return () => {
    const now = performance.now()
    tokens = Math.min(tokens + ((now - filledAt) / 1000) * perSecond, burst)
    filledAt = now
    if (tokens < 1) return false
    tokens--
    return true
  }
}
