import type { Clock } from '../base/clock.ts'
import { hourMs } from '../base/durations.ts'
import { inTime } from '../base/in-time.ts'

/** When a document cannot be fetched again, the one that is known stays in use for so long. */
const keptMs = 24 * hourMs
/** How long after a failure the next attempt waits. It is also the shortest time between two fetches of a document that has not ended. */
const pauseMs = 60_000
/** The longest that a sign-in waits for a newer document than the one that is known. */
const patienceMs = 1000
/** The most documents that are kept. */
const mostDocuments = 1000

/** A document, as it was fetched. */
export type FetchedDocument<T> = {
  readonly value: T
  /** For how many milliseconds it is not fetched again. */
  readonly freshMs: number
  /** When it ends, in epoch milliseconds. Undefined: it does not say so. The user of the document has to see to it. */
  readonly validUntil: number | undefined
}

type Options<T> = {
  readonly clock: Clock
  /** A request gives up its slot while it waits for the fetch of another request. `load` gives up the slot by itself. */
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
  readonly load: (url: string) => Promise<FetchedDocument<T>>
  /** Called when a document that is known could not be fetched again. */
  readonly onStale: (url: string, error: unknown) => void
}

type Kept<T> = FetchedDocument<T> & { readonly fetchedAt: number; readonly refreshAt: number }

/** Documents of identity providers by their URLs. Each process keeps its own. */
export type KeptDocuments<T> = {
  /** The document. A failing or slow refresh delays nothing for long: the known document stays in use for a day. */
  of(url: string): Promise<T>
  /** The document as it was last fetched, if it may still be used. Nothing is fetched. */
  known(url: string): T | undefined
  /** Fetches the document now, and keeps it. */
  fetchNow(url: string): Promise<T>
  /** The next use fetches the document anew. For one that turned out to be of no use. */
  forget(url: string): void
}

export function createKeptDocuments<T>({ clock, withoutSlot, load, onStale }: Options<T>): KeptDocuments<T> {
  const kept = new Map<string, Kept<T>>()
  const running = new Map<string, Promise<T>>()

  async function fetchNow(url: string): Promise<T> {
    const fetched = await load(url)
    const now = clock.now()
    kept.delete(url)
    kept.set(url, { ...fetched, fetchedAt: now, refreshAt: now + pauseAfter(fetched, now) })
    const [oldest] = kept.keys()
    if (kept.size > mostDocuments && oldest !== undefined) kept.delete(oldest)
    return fetched.value
  }

  /** Sign-ins at the same time share one fetch. */
  function refresh(url: string): Promise<T> {
    const current = running.get(url) ?? fetchNow(url).finally(() => running.delete(url))
    running.set(url, current)
    return current
  }

  function refreshKnown(url: string, known: Kept<T>): Promise<T> {
    return refresh(url).catch((error: unknown) => {
      // Another sign-in may have noticed the same failure, or a later fetch may have succeeded.
      if (kept.get(url) !== known) return kept.get(url)?.value ?? known.value
      kept.set(url, { ...known, refreshAt: clock.now() + pauseMs })
      onStale(url, error)
      return known.value
    })
  }

  function wait(url: string, known: Kept<T> | undefined): Promise<T> {
    return isUsable(known, clock.now()) ? inTime(refreshKnown(url, known), patienceMs, () => known.value) : refresh(url)
  }

  return {
    fetchNow,
    forget: (url) => void kept.delete(url),
    known(url) {
      const known = kept.get(url)
      return isUsable(known, clock.now()) ? known.value : undefined
    },
    async of(url) {
      const known = kept.get(url)
      const now = clock.now()
      if (known !== undefined && now < known.refreshAt) return known.value
      return running.has(url) ? withoutSlot(() => wait(url, known)) : wait(url, known)
    },
  }
}

/** Whether there is a document that may still be used, also where it cannot be fetched again. */
function isUsable<T>(known: Kept<T> | undefined, now: number): known is Kept<T> {
  return known !== undefined && now < Math.min(known.fetchedAt + keptMs, known.validUntil ?? Number.POSITIVE_INFINITY)
}

/** How long the document is not fetched again. One that ends earlier is fetched when it ends, and one that has ended after a pause. */
function pauseAfter({ freshMs, validUntil = Number.POSITIVE_INFINITY }: FetchedDocument<unknown>, now: number): number {
  const untilEnd = validUntil - now
  return untilEnd > 0 ? Math.min(Math.max(freshMs, pauseMs), untilEnd) : pauseMs
}
