import { createHmac } from 'node:crypto'

type Secrets = { readonly consumerSecret: string; readonly tokenSecret: string }

/**
 * The `Authorization` header of a GET request that is signed with HMAC-SHA1 (RFC 5849 §3.4, §3.5.1). `parameters` are the protocol
 * parameters without the signature.
 */
export function signOAuth1(url: string, parameters: Readonly<Record<string, string>>, { consumerSecret, tokenSecret }: Secrets): string {
  const key = `${encode(consumerSecret)}&${encode(tokenSecret)}`
  const signature = createHmac('sha1', key)
    .update(baseStringOf(new URL(url), parameters))
    .digest('base64')
  const all = Object.entries({ ...parameters, oauth_signature: signature })
  return `OAuth ${all.map(([name, value]) => `${encode(name)}="${encode(value)}"`).join(', ')}`
}

/** The text that is signed (RFC 5849 §3.4.1). The URL has no fragment, and its default port is left out. */
function baseStringOf({ origin, pathname, searchParams }: URL, parameters: Readonly<Record<string, string>>): string {
  const pairs = [...searchParams, ...Object.entries(parameters)].map(([name, value]) => [encode(name), encode(value)] as const)
  const sorted = pairs.toSorted(([name, value], [other, otherValue]) => compare(name, other) || compare(value, otherValue))
  return ['GET', `${origin}${pathname}`, sorted.map((pair) => pair.join('=')).join('&')].map(encode).join('&')
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** Percent-encoding of everything but letters, digits and `-._~` (RFC 5849 §3.6). */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
