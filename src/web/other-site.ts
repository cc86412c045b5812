import type { FastifyRequest } from 'fastify'

/**
 * Whether a page of another site made the browser send this request (Fetch Metadata). Such a page may link to an address of
 * `dev`, but must not read it or change anything. Clients that are not browsers send none of these headers.
 */
export function isFromOtherSite({ method, headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  const isRead = method === 'GET' || method === 'HEAD'
  if (isRead) return site === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate'
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return headers.origin !== undefined && URL.parse(headers.origin)?.host !== headers.host
}
