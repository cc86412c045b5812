/**
 * Decides which requests are processed, which wait, and which are rejected. So a server that gets more requests than it can answer still
 * answers as many as it can, and answers those quickly. A request that is processed occupies a slot.
 */
export type Admission = {
  /** Whether to reject a request that arrives now, before its body is read. It costs almost nothing. */
  isFull(): boolean
  /** `true` when the request gets a slot; the caller must call `leave` when the request is done. `false` when the request is rejected. */
  enter(): boolean | Promise<boolean>
  leave(): void
  /** Runs work in which the request only waits for something, such as a trigger function. The request gives up its slot meanwhile. */
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

/** Admits every request at once; for `dev`, where a local test suite may send as many requests as it likes. */
export const admitAll: Admission = { isFull: () => false, enter: () => true, leave: () => undefined, withoutSlot: (work) => work() }

type Waiting = { readonly since: number; readonly answer: (admitted: boolean) => void }

type Options = {
  /** The number of slots; it may change at any time. */
  readonly limit: () => number
  /** How many requests may wait while the server is not overloaded. */
  readonly burst: number
  /** Called when a request finds all slots occupied. */
  readonly onLimit?: () => void
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** The longest wait for a slot that is acceptable, even if every request waits that long. */
export const targetMs = 20

/** When waits have been above the target for this long, they are an overload and not a burst. */
export const intervalMs = 100

/**
 * A queue with controlled delay, after CoDel (RFC 8289). The requests of a burst wait in order of arrival. When the oldest request has
 * waited above the target for a whole interval, the server is overloaded. Then the newest request is served first, since it has the best
 * chance to be answered in time; the others are rejected once they have waited for the target; and only a few may wait at all. The overload
 * ends when no request was rejected for an interval.
 */
export function createAdmission(options: Options): Admission {
  return new AdmissionQueue(options)
}

class AdmissionQueue implements Admission {
  readonly #limit: () => number
  readonly #burst: number
  readonly #onLimit: () => void
  readonly #now: () => number
  /** The requests that wait for a slot, oldest first. */
  readonly #waiting: Waiting[] = []
  #active = 0
  #overloaded = false
  #slowSince: number | undefined
  #rejectedAt = Number.NEGATIVE_INFINITY
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
    if (full) this.#rejectedAt = this.#now()
    return full
  }

  enter(): boolean | Promise<boolean> {
    if (this.#active < this.#limit() && this.#waiting.length === 0) {
      this.#active++
      return true
    }
    this.#onLimit()
    if (this.isFull()) return false
    this.#timer ??= setInterval(() => this.#check(), targetMs / 4).unref()
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

  /** An arrow function, because callers pass this function on without its object. */
  readonly withoutSlot = async <T>(work: () => Promise<T>): Promise<T> => {
    this.leave()
    try {
      return await work()
    } finally {
      this.#active++
    }
  }

  /** Checks how long the oldest request has waited. A timer calls this four times within `targetMs`. */
  #check(): void {
    const now = this.#now()
    const [oldest] = this.#waiting
    if (oldest === undefined || now - oldest.since <= targetMs) this.#slowSince = undefined
    else this.#slowSince ??= now
    if (this.#slowSince !== undefined && now - this.#slowSince >= intervalMs) this.#overloaded = true
    if (this.#overloaded) this.#rejectLate(now)
    if (now - this.#rejectedAt >= intervalMs) this.#overloaded = false
    if (this.#waiting.length > 0 || this.#overloaded) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #rejectLate(now: number): void {
    const inTime = this.#waiting.findIndex(({ since }) => now - since <= targetMs)
    for (const { answer } of this.#waiting.splice(0, inTime < 0 ? this.#waiting.length : inTime)) {
      this.#rejectedAt = now
      answer(false)
    }
  }
}
