import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type CookieNames, cookieIn, csrfCookieName, writeCookie } from './cookies.ts'

/** 32 random bytes in base64url. */
const tokenPattern = /^[\w-]{43}$/

/**
 * The token that a form carries. The browser keeps the same token in a cookie. A page of another site can make a browser send the form, but
 * knows no token. All tabs of a browser share one token, so that a form stays valid when another one is opened.
 */
export function csrfTokenFor(request: FastifyRequest, reply: FastifyReply, names: CookieNames): string {
  const kept = cookieIn(request, csrfCookieName(names))
  if (kept !== undefined && tokenPattern.test(kept)) return kept
  const token = randomBytes(32).toString('base64url')
  reply.header('set-cookie', writeCookie(names, csrfCookieName(names), token, undefined))
  return token
}

/** Whether a page of this host sent the form: it has the token, and a browser that names the page's site (Fetch Metadata) names this one. */
export function isOwnForm(request: FastifyRequest, token: string | undefined, names: CookieNames): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  const kept = cookieIn(request, csrfCookieName(names))
  if (kept === undefined || token === undefined || !tokenPattern.test(kept) || !tokenPattern.test(token)) return false
  return timingSafeEqual(Buffer.from(kept), Buffer.from(token))
}
