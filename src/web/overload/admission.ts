/**
 * Decides which requests are worked on, which wait, and which are turned away, so that a server with more requests than it can answer
 * still answers as many as it can, quickly.
 */
export type Admission = {
  /** Whether to turn away a request that arrives now, before its body is read. It costs next to nothing to ask. */
  isFull(): boolean
  /** `true` when the request may be worked on; the caller must `leave` when it is done. `false` when it is turned away. */
  enter(): boolean | Promise<boolean>
  leave(): void
  /** Runs work that waits for somebody else, such as a trigger function: meanwhile its request does not count. */
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

/** For `dev`: a local test suite may ask for as much as it likes. */
export const admitAll: Admission = { isFull: () => false, enter: () => true, leave: () => undefined, withoutSlot: (work) => work() }

type Waiting = { readonly since: number; readonly answer: (admitted: boolean) => void }

type Options = {
  /** How many requests may be worked on at once; it may change at any time. */
  readonly limit: () => number
  /** How many may wait while the server is not overloaded: a burst. */
  readonly burst: number
  /** Called when a request finds all places taken. */
  readonly onLimit?: () => void
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** A wait up to this long is no reason to turn anybody away, however long it goes on. */
export const targetMs = 20

/** Waits above the target for this long are no burst any more. */
export const intervalMs = 100

/**
 * A queue with controlled delay, after CoDel (RFC 8289): a burst waits for its turn, first come, first served. When requests have waited
 * above the target for a whole interval, the server is overloaded: then the newest is served first, since it has the best chance to be
 * answered in time, the others are turned away once they have waited for the target, and only a few may wait at all. That ends when no
 * request was turned away for an interval.
 */
export function createAdmission(options: Options): Admission {
  return new AdmissionQueue(options)
}

class AdmissionQueue implements Admission {
  readonly #limit: () => number
  readonly #burst: number
  readonly #onLimit: () => void
  readonly #now: () => number
  /** Oldest first. */
  readonly #waiting: Waiting[] = []
  #active = 0
  #overloaded = false
  #slowSince: number | undefined
  #refusedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor({ limit, burst, onLimit = () => undefined, now = () => performance.now() }: Options) {
    this.#limit = limit
    this.#burst = burst
    this.#onLimit = onLimit
    this.#now = now
  }

  isFull(): boolean {
    const limit = this.#limit()
    const full = this.#active >= limit && this.#waiting.length >= (this.#overloaded ? Math.max(2, limit >> 2) : this.#burst)
    if (full) this.#refusedAt = this.#now()
    return full
  }

  enter(): boolean | Promise<boolean> {
    if (this.#active < this.#limit() && this.#waiting.length === 0) {
      this.#active++
      return true
    }
    this.#onLimit()
    if (this.isFull()) return false
    this.#timer ??= setInterval(() => this.#judge(), targetMs / 4).unref()
    return new Promise((answer) => this.#waiting.push({ since: this.#now(), answer }))
  }

  leave(): void {
    this.#active--
    while (this.#waiting.length > 0 && this.#active < this.#limit()) {
      this.#active++
      const next = this.#overloaded ? this.#waiting.pop() : this.#waiting.shift()
      next?.answer(true)
    }
  }

  /** Bound, because it is handed on by itself. */
  readonly withoutSlot = async <T>(work: () => Promise<T>): Promise<T> => {
    this.leave()
    try {
      return await work()
    } finally {
      this.#active++
    }
  }

  /** Looks how long the oldest has waited, a few times within the target. */
  #judge(): void {
    const now = this.#now()
    const [oldest] = this.#waiting
    if (oldest === undefined || now - oldest.since <= targetMs) this.#slowSince = undefined
    else this.#slowSince ??= now
    if (this.#slowSince !== undefined && now - this.#slowSince >= intervalMs) this.#overloaded = true
    if (this.#overloaded) this.#turnAwayLate(now)
    if (now - this.#refusedAt >= intervalMs) this.#overloaded = false
    if (this.#waiting.length > 0 || this.#overloaded) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #turnAwayLate(now: number): void {
    const inTime = this.#waiting.findIndex(({ since }) => now - since <= targetMs)
    for (const { answer } of this.#waiting.splice(0, inTime < 0 ? this.#waiting.length : inTime)) {
      this.#refusedAt = now
      answer(false)
    }
  }
}
