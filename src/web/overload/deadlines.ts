/** Many time limits of the same length, which share one timer. */
export type Deadlines = {
  /** Calls `expire` once, up to a second after the time limit, unless `end` is called within the limit. */
  start(expire: () => void): Deadline
}

export type Deadline = { end(): void }

const maxPollMs = 1000

export function createDeadlines(limitMs: number, pollMs = Math.min(maxPollMs, limitMs)): Deadlines {
  // A map keeps the order of insertion. Deadlines expire in this order, since all time limits are equally long.
  const running = new Map<Deadline, { readonly at: number; readonly expire: () => void }>()
  let timer: NodeJS.Timeout | undefined

  function expireDue(): void {
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
      timer ??= setInterval(expireDue, pollMs).unref()
      return deadline
    },
  }
}
