import { acceptsPost } from '../../oauth/authorize/accepts-post.ts'
import { OAuthError } from '../../oauth/oauth-error.ts'
import { hasForm, withForm } from '../oauth/oauth-route.ts'
import { type Handler, refusePost } from './visit.ts'

/** The most characters of the address that stands for the form. Servers and proxies limit addresses to some 8,000 characters. */
const longestAddress = 8000

/**
 * An authorization request in a form of an app (OpenID Connect Core §3.1.2.1). The browser leaves out cookies with `SameSite=Lax` from a form
 * of another site, so the user would seem to be signed out. It sends them with the GET that this answer leads to (303).
 */
export const postAuthorize: Handler = async ({ deps, options, request, reply, browser }) => {
  if (!hasForm(request)) return refusePost(reply)
  const form = await withForm(options, request, async (body) => ((await acceptsPost(deps, browser.host, body)) ? body : undefined))
  if (form === undefined) return refusePost(reply)
  const address = `/oauth2/authorize?${new URLSearchParams(form)}`
  if (address.length > longestAddress) throw new OAuthError('invalid_request', { status: 413 })
  return reply.redirect(address, 303)
}
