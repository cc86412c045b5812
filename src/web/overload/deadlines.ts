/** A time limit for each of many things at once, kept by one timer. */
export type Deadlines = {
  /** Calls `expire` once when `end` was not called within the limit, a second late at most. */
  start(expire: () => void): Deadline
}

export type Deadline = { end(): void }

const lookEveryMs = 1000

export function createDeadlines(limitMs: number, everyMs = Math.min(lookEveryMs, limitMs)): Deadlines {
  // In the order in which they expire.
  const running = new Map<Deadline, { readonly at: number; readonly expire: () => void }>()
  let timer: NodeJS.Timeout | undefined

  function look(): void {
    const now = performance.now()
    for (const [deadline, { at, expire }] of running) {
      if (at > now) break
      running.delete(deadline)
      expire()
    }
    if (running.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  return {
    start(expire) {
      const deadline: Deadline = { end: () => running.delete(deadline) }
      running.set(deadline, { at: performance.now() + limitMs, expire })
      timer ??= setInterval(look, everyMs).unref()
      return deadline
    },
  }
}
