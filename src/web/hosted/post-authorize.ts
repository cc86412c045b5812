import { acceptsPost } from '../../oauth/authorize/accepts-post.ts'
import { OAuthError } from '../../oauth/oauth-error.ts'
import { type BodyHandler, redirectTo, refusePost } from './visit.ts'

/** The most characters of the address that stands for the form. Servers and proxies limit addresses to some 8,000 characters. */
const longestAddress = 8000

/**
 * An authorization request in a form of an app (OpenID Connect Core §3.1.2.1). The browser leaves out cookies with `SameSite=Lax` from a form
 * of another site, so the user would seem to be signed out. It sends them with the GET that this answer leads to (303).
 */
export const postAuthorize: BodyHandler = async (visit, body) => {
  if (!(await acceptsPost(visit.deps, visit.browser.host, body))) return refusePost(visit)
  const address = `/oauth2/authorize?${new URLSearchParams(body)}`
  if (address.length > longestAddress) throw new OAuthError('invalid_request', { status: 413 })
  return redirectTo(visit, address, 303)
}
