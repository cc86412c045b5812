import type { FastifyRequest } from 'fastify'
import type { RequestHost } from '../../oauth/request-host.ts'

/** The value of a cookie that the browser sent (RFC 6265 §5.4). */
export function cookieIn({ headers }: FastifyRequest, name: string): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}

/**
 * The names of cookies. With HTTPS they begin with `__Host-`: no other host, such as another pool's domain, can set or overwrite such a
 * cookie. Over HTTP, which is for development only, browsers refuse that prefix.
 */
export type CookieNames = { readonly isSecure: boolean }

/** On a domain the cookie has Cognito's name. On the main host, which all pools share, each pool has a cookie of its own. */
export function sessionCookieName({ isSecure }: CookieNames, host: RequestHost, poolId: string): string {
  return prefixed(isSecure, host.kind === 'domain' ? 'cognito' : `cognito-${poolId}`)
}

/** A browser has sessions with few pools. More cookies are not looked at. */
const mostPools = 20

/** The pools whose session cookie the browser sent. */
export function sessionPoolIdsIn({ headers }: FastifyRequest, { isSecure }: CookieNames, host: RequestHost): readonly string[] {
  if (host.kind === 'domain') return [host.domain.poolId]
  const prefix = prefixed(isSecure, 'cognito-')
  const names = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('=', 1)[0] ?? '')
  const ids = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  return ids.filter((id) => /^[\w-]{1,60}$/.test(id)).slice(0, mostPools)
}

/** The cookie with what the user has to do next on the pages of the pool. */
export function stepCookieName({ isSecure }: CookieNames, host: RequestHost, poolId: string): string {
  return prefixed(isSecure, host.kind === 'domain' ? 'cognito-step' : `cognito-step-${poolId}`)
}

/** The cookie with the devices that the browser keeps for users of the pool. */
export function deviceCookieName({ isSecure }: CookieNames, host: RequestHost, poolId: string): string {
  return prefixed(isSecure, host.kind === 'domain' ? 'cognito-devices' : `cognito-devices-${poolId}`)
}

/** The cookie of a browser whose user has declined a passkey. */
export function noPasskeyCookieName({ isSecure }: CookieNames, host: RequestHost, poolId: string): string {
  return prefixed(isSecure, host.kind === 'domain' ? 'cognito-no-passkey' : `cognito-no-passkey-${poolId}`)
}

/** The cookie with the language that the user chose. Cognito calls it so too. */
export const languageCookieName = ({ isSecure }: CookieNames): string => prefixed(isSecure, 'lang')

export const csrfCookieName = ({ isSecure }: CookieNames): string => prefixed(isSecure, 'XSRF-TOKEN')

const prefixed = (isSecure: boolean, name: string): string => (isSecure ? `__Host-${name}` : name)

/** A Set-Cookie header. Scripts do not see the cookie. An app's redirect brings it along, a form or image of another site does not. */
export function writeCookie({ isSecure }: CookieNames, name: string, value: string, maxAgeSeconds: number | undefined): string {
  const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`
  return `${name}=${value}; Path=/${age}; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
}
