import type { Clock } from '../../base/clock.ts'
import { minuteMs } from '../../base/durations.ts'
import { createLoadCache } from '../../base/load-cache.ts'
import { OutboundError, requestOutbound } from '../../base/outbound-http.ts'
import { type BreachSource, BreachSourceError } from './breach-source.ts'
import { createBreaker } from './breaker.ts'

/** The most bytes of an answer. Those of Have I Been Pwned have some 40 kB. */
const maxAnswerBytes = 512 * 1024

/** How many digits of the hash the service gets: it answers with all stolen passwords whose hashes begin like that. */
const prefixDigits = 5

const cacheMs = 10 * minuteMs
const maxCacheBytes = 4 * 1024 * 1024
const maxCachedRanges = 256

/** The rest of the hashes of a range, without those that are padding. They are one text, which takes far less memory than a set. */
type Range = { readonly suffixes: string }

/** A service that answers like Have I Been Pwned's `/range/{first five digits of the SHA-1}`. It learns neither password nor hash. */
export function createRangeSource(url: string, clock: Clock, timeoutMs: number): BreachSource {
  const guard = createBreaker(clock)
  const ranges = createLoadCache<Range>({
    clock,
    lifetimeMilliseconds: cacheMs,
    maxEntries: maxCachedRanges,
    memory: { maxBytes: maxCacheBytes, bytesOf: (prefix, { suffixes }) => prefix.length + suffixes.length },
    load: (prefix) => guard(() => fetchRange(rangeUrl(url, prefix), timeoutMs)),
  })
  return {
    kind: 'range',
    async has({ sha1 }) {
      const range = await ranges.get(sha1.slice(0, prefixDigits))
      return range?.suffixes.includes(`\n${sha1.slice(prefixDigits)}\n`) ?? false
    },
    close: () => Promise.resolve(),
  }
}

/** The setting may name the service with or without `/range`. */
function rangeUrl(base: string, prefix: string): string {
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/(?:range\/?)?$/, '')}/range/${prefix}`
  return url.href
}

async function fetchRange(url: string, timeoutMs: number): Promise<Range> {
  const headers = { 'add-padding': 'true', 'user-agent': 'lifeguard' }
  // An operator names the service in the settings, so it may have a private address.
  const request = { url, method: 'GET', headers, timeoutMs, maxResponseBytes: maxAnswerBytes, allowPrivate: true } as const
  const { status, body } = await requestOutbound(request).catch((error: unknown) => {
    // The cause could name the URL, and so the beginning of the hash. So it is left out.
    throw new BreachSourceError(error instanceof OutboundError ? error.message : 'the request failed')
  })
  if (status !== 200) throw new BreachSourceError(`it answered with the status ${status}`)
  return readRange(body.toString('latin1'))
}

const entry = /^([0-9A-Fa-f]{35}):(\d{1,19})\r?$/

/** @throws BreachSourceError when a line is not of the form `SUFFIX:count` */
function readRange(text: string): Range {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  let suffixes = '\n'
  for (const line of lines) {
    const [, suffix = '', count = ''] = entry.exec(line) ?? []
    if (suffix === '') throw new BreachSourceError('its answer is not a list of lines SUFFIX:count')
    if (Number(count) > 0) suffixes += `${suffix.toUpperCase()}\n`
  }
  return { suffixes }
}
