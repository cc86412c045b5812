import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { dayMs, hourMs, minuteMs } from '../../base/durations.ts'
import { isObject } from '../../base/is-object.ts'
import { OutboundError, requestOutbound } from '../../base/outbound-http.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { OpenIdIssuer } from './openid-issuer.ts'

/** The keys of OpenID Connect issuers, which this process fetches and caches. */
export type OpenIdKeys = {
  /**
   * The key of the issuer with the id `kid`. A token without `kid` has the issuer's only key. Undefined when there is no such key.
   * @throws ApiError ExternalServiceException when the issuer does not answer as it should
   */
  find(issuer: Pick<OpenIdIssuer, 'url' | 'allowPrivate'>, kid: string | undefined): Promise<KeyObject | undefined>
}

const timeoutMs = 4_000
const maxResponseBytes = 256 * 1024
const mostKeys = 100
/** The least size of an RSA key whose signatures are accepted (RFC 7518 §3.3). */
const leastBits = 2048
/** A key id that is unknown makes the server fetch the keys again, at most this often. */
const refetchMs = minuteMs
/** After a failure, the issuer is not asked again for this long: its callers get the error at once. */
const failureMs = 5_000

type KeySet = { readonly keys: ReadonlyMap<string, KeyObject>; readonly fetchedAt: number; readonly lifetimeMs: number }
type Issuer = Pick<OpenIdIssuer, 'url' | 'allowPrivate'>

type Deps = {
  readonly clock: Clock
  /** Runs work that a request only waits for; see Admission in web/overload. */
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

export function createOpenIdKeys({ clock, withoutSlot }: Deps): OpenIdKeys {
  const sets = new Map<string, KeySet>()
  const failures = new Map<string, number>()
  const fetching = new Map<string, Promise<KeySet>>()

  function load(issuer: Issuer): Promise<KeySet> {
    const running = fetching.get(issuer.url)
    if (running !== undefined) return running
    const now = clock.now()
    if (isWithin(failures.get(issuer.url), now, failureMs)) throw notResponding(issuer)
    const started = fetchKeys(issuer, now)
      .then(
        (set) => {
          failures.delete(issuer.url)
          sets.set(issuer.url, set)
          return set
        },
        (error) => {
          failures.set(issuer.url, now)
          throw error
        },
      )
      .finally(() => fetching.delete(issuer.url))
    fetching.set(issuer.url, started)
    return started
  }

  return {
    async find(issuer, kid) {
      const cached = sets.get(issuer.url)
      if (cached !== undefined && isWithin(cached.fetchedAt, clock.now(), cached.lifetimeMs)) {
        const known = keyOf(cached, kid)
        if (known !== undefined || isWithin(cached.fetchedAt, clock.now(), refetchMs)) return known
      }
      return keyOf(await withoutSlot(async () => load(issuer)), kid)
    },
  }
}

/** False when the clock was set back to before `since`. */
function isWithin(since: number | undefined, now: number, ms: number): boolean {
  return since !== undefined && now >= since && now - since < ms
}

function keyOf({ keys }: KeySet, kid: string | undefined): KeyObject | undefined {
  if (kid !== undefined) return keys.get(kid)
  return keys.size === 1 ? keys.values().next().value : undefined
}

/** Reads the discovery document of the issuer (OpenID Connect Discovery 1.0 §4), then the keys that it names. */
async function fetchKeys(issuer: Issuer, now: number): Promise<KeySet> {
  const { json: discovery } = await fetchJson(issuer, `${issuer.url.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const { issuer: name, jwks_uri: keysUrl } = discovery
  if (name !== issuer.url || typeof keysUrl !== 'string') throw notResponding(issuer)
  // The issuer may lead to another host, but not to one that the operator did not name and that is not public.
  const isSameOrigin = URL.parse(keysUrl)?.origin === URL.parse(issuer.url)?.origin
  const { json, headers } = await fetchJson({ url: issuer.url, allowPrivate: issuer.allowPrivate && isSameOrigin }, keysUrl)
  const keys = Array.isArray(json['keys']) ? json['keys'].slice(0, mostKeys) : []
  return { keys: new Map(keys.flatMap(readKey)), fetchedAt: now, lifetimeMs: lifetimeOf(headers) }
}

async function fetchJson(issuer: Issuer, url: string): Promise<{ json: Record<string, unknown>; headers: IncomingHttpHeaders }> {
  const isPlain = url.startsWith('http:') && !issuer.url.startsWith('http:')
  if (isPlain) throw notResponding(issuer)
  try {
    const { allowPrivate } = issuer
    const { status, headers, body } = await requestOutbound({ url, method: 'GET', timeoutMs, maxResponseBytes, allowPrivate })
    const json: unknown = status === 200 ? JSON.parse(body.toString()) : undefined
    if (isObject(json)) return { json, headers }
  } catch (error) {
    if (!(error instanceof OutboundError || error instanceof SyntaxError)) throw error
    throw notResponding(issuer, error)
  }
  throw notResponding(issuer)
}

/** An RSA key that signs, with its id. Keys of other kinds are skipped. */
function readKey(jwk: unknown): [string, KeyObject][] {
  if (!isObject(jwk) || jwk['kty'] !== 'RSA' || (jwk['use'] ?? 'sig') !== 'sig') return []
  try {
    const key = createPublicKey({ key: jwk as JsonWebKeyInput['key'], format: 'jwk' })
    const isStrong = (key.asymmetricKeyDetails?.modulusLength ?? 0) >= leastBits
    return isStrong ? [[String(jwk['kid'] ?? ''), key]] : []
  } catch {
    return []
  }
}

/** How long the keys are cached: as their `Cache-Control` says, but neither shorter than a minute nor longer than a day. */
function lifetimeOf(headers: IncomingHttpHeaders): number {
  const seconds = /(?:^|[\s,])max-age=(\d{1,9})/.exec(headers['cache-control'] ?? '')?.[1]
  return seconds === undefined ? hourMs : Math.min(Math.max(Number(seconds) * 1000, minuteMs), dayMs)
}

function notResponding({ url }: Issuer, cause?: unknown): ApiError {
  return new ApiError('ExternalServiceException', `The identity provider ${url} did not respond as expected.`, { cause })
}
