import type { Clock } from '../../base/clock.ts'
import { dayMs, minuteMs } from '../../base/durations.ts'
import { isObject } from '../../base/is-object.ts'
import { OutboundError, requestOutbound } from '../../base/outbound-http.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { PublicJwk } from '../../pools/client-extensions/client-extensions.ts'
import { isAllowedLoopback, type JwksUriRule, requireJwksUri } from '../../pools/client-extensions/jwks-uri.ts'
import { usableKeysOf } from '../../pools/client-extensions/public-keys.ts'
import type { ClientKeySets } from '../client-authentication.ts'

const timeoutMs = 4_000
const maxResponseBytes = 128 * 1024
/** How long a fetched set is used without a question. A key that its client removed works for so long. */
const lifetimeMs = 10 * minuteMs
/** The shortest time between two fetches of one set, whether or not the first one succeeded. */
const refetchMs = minuteMs
/** How long the last good set is used while fetches fail. */
const keptMs = dayMs
/** The most sets in memory. The one that was not fetched for the longest time is forgotten first. */
const mostSets = 10_000
/** The most sets that are fetched at the same time. Requests beyond them do with what is cached. */
const mostFetches = 100

type CachedSet = { readonly keys: readonly PublicJwk[] | undefined; readonly fetchedAt: number; readonly triedAt: number }

type Deps = {
  readonly clock: Clock
  readonly rule: JwksUriRule
  /** Runs work that a request only waits for; see Admission in web/overload. */
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

export function createClientKeySets({ clock, rule, withoutSlot }: Deps): ClientKeySets {
  const sets = new Map<string, CachedSet>()
  const fetching = new Map<string, Promise<void>>()

  async function refresh(uri: string): Promise<void> {
    const now = clock.now()
    const keys = await fetchKeys(rule, uri)
    const before = sets.get(uri)
    sets.delete(uri)
    if (sets.size >= mostSets) sets.delete(sets.keys().next().value ?? '')
    sets.set(uri, keys === undefined ? { keys: undefined, fetchedAt: 0, ...before, triedAt: now } : { keys, fetchedAt: now, triedAt: now })
  }

  function load(uri: string): Promise<void> {
    const running = fetching.get(uri)
    if (running !== undefined) return running
    if (fetching.size >= mostFetches) return Promise.resolve()
    const started = refresh(uri).finally(() => fetching.delete(uri))
    fetching.set(uri, started)
    return started
  }

  return {
    async find(uri, isStale = false) {
      const now = clock.now()
      const cached = sets.get(uri)
      const isFresh = !isStale && cached?.keys !== undefined && isWithin(cached.fetchedAt, now, lifetimeMs)
      if (!isFresh && !isWithin(cached?.triedAt, now, refetchMs)) await withoutSlot(() => load(uri))
      const found = sets.get(uri)
      return isWithin(found?.fetchedAt, now, keptMs) ? found?.keys : undefined
    },
  }
}

/** False when the clock was set back to before `since`. */
function isWithin(since: number | undefined, now: number, ms: number): boolean {
  return since !== undefined && now >= since && now - since < ms
}

/** The usable keys of the set (RFC 7517 §5). Undefined when there is no set at the URI, or the URI is not allowed. */
async function fetchKeys(rule: JwksUriRule, uri: string): Promise<readonly PublicJwk[] | undefined> {
  try {
    // The rule may have changed since the URI was stored.
    requireJwksUri(rule, uri, 'jwks_uri')
    const allowPrivate = isAllowedLoopback(rule, uri)
    const { status, body } = await requestOutbound({ url: uri, method: 'GET', timeoutMs, maxResponseBytes, allowPrivate })
    const set: unknown = status === 200 ? JSON.parse(body.toString()) : undefined
    return isObject(set) && Array.isArray(set['keys']) ? usableKeysOf(set) : undefined
  } catch (error) {
    if (error instanceof OutboundError || error instanceof SyntaxError || error instanceof ApiError) return undefined
    throw error
  }
}
