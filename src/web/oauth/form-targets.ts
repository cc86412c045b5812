import { isLoopbackHost } from '../../loopback.ts'

const loopback = ['http://localhost:*', 'http://127.0.0.1:*', 'http://[::1]:*', 'http://*.localhost:*']

/**
 * Where the form of the sign-in page may lead, for its Content-Security-Policy. Browsers check every redirect after the form: to the app,
 * and from there on to where the app sends the user. So an HTTPS app may lead to any HTTPS address, an app on this machine to other ports of
 * it as well, and an app with a scheme of its own to that scheme. A page of this host leads nowhere else.
 */
export function formTargetsFor(redirectUri: string): readonly string[] {
  if (redirectUri.startsWith('/')) return ["'self'"]
  const { protocol, hostname } = new URL(redirectUri)
  if (protocol === 'http:' && isLoopbackHost(hostname)) return ["'self'", 'https:', ...loopback]
  return protocol === 'https:' ? ["'self'", 'https:'] : ["'self'", 'https:', protocol]
}
