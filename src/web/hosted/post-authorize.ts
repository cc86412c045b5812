import { acceptsPost } from '../../oauth/authorize/accepts-post.ts'
import { type BodyHandler, goOnAsGet, refusePost } from './visit.ts'

/**
 * An authorization request in a form of an app (OpenID Connect Core §3.1.2.1). The browser leaves out cookies with `SameSite=Lax` from a form
 * of another site, so the user would seem to be signed out. It sends them with the GET that this answer leads to (303).
 */
export const postAuthorize: BodyHandler = async (visit, body) =>
  (await acceptsPost(visit.deps, visit.browser.host, body)) ? goOnAsGet(visit, '/oauth2/authorize', body) : refusePost(visit)
