import type { Clock } from '../base/clock.ts'
import { hourMs } from '../base/durations.ts'

/** When a document cannot be fetched again, the one that is known stays in use for so long. */
const keptMs = 24 * hourMs
/** How long after a failure the next attempt waits. It is also the shortest time between two fetches of one document. */
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
  /** When it ends, in epoch milliseconds. Undefined: it does not say so. */
  readonly validUntil: number | undefined
}

type Options<T> = {
  readonly clock: Clock
  readonly load: (url: string) => Promise<FetchedDocument<T>>
  /** Called when a document that is known could not be fetched again. */
  readonly onStale: (url: string, error: unknown) => void
}

type Kept<T> = FetchedDocument<T> & { readonly fetchedAt: number; readonly refreshAt: number }

/** Documents of identity providers by their URLs. Each process keeps its own. */
export type KeptDocuments<T> = {
  /** The document. A failing or slow refresh delays nothing for long: the known document stays in use for a day. */
  of(url: string): Promise<T>
  /** Fetches the document now, and keeps it. */
  fetchNow(url: string): Promise<T>
}

export function createKeptDocuments<T>({ clock, load, onStale }: Options<T>): KeptDocuments<T> {
  const kept = new Map<string, Kept<T>>()
  const running = new Map<string, Promise<T>>()

  async function fetchNow(url: string): Promise<T> {
    const fetched = await load(url)
    const now = clock.now()
    kept.delete(url)
    kept.set(url, { ...fetched, fetchedAt: now, refreshAt: now + Math.max(fetched.freshMs, pauseMs) })
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

  return {
    fetchNow,
    async of(url) {
      const known = kept.get(url)
      const now = clock.now()
      if (known === undefined) return refresh(url)
      if (now < known.refreshAt) return known.value
      const isUsable = now < Math.min(known.fetchedAt + keptMs, known.validUntil ?? Number.POSITIVE_INFINITY)
      return isUsable ? inTime(refreshKnown(url, known), known.value) : refresh(url)
    },
  }
}

async function inTime<T>(work: Promise<T>, otherwise: T): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const timer = setTimeout(() => resolve(otherwise), patienceMs)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
