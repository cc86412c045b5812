import type { FastifyReply } from 'fastify'
import { type EndSession, endSession } from '../../oauth/logout/end-session.ts'
import { logOut } from '../../oauth/logout/logout.ts'
import { readParameters } from '../../oauth/parameters.ts'
import { sessionCookieName, writeCookie } from '../oauth/cookies.ts'
import { isOwnForm } from '../oauth/csrf.ts'
import { withForm } from '../oauth/oauth-route.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { signOutPage } from '../pages/account-pages.ts'
import { signedOutPage } from '../pages/signed-out-page.ts'
import { type Handler, refusePost, sendPage, shellOf, type Visit } from './visit.ts'

export const visitLogout: Handler = async (visit) => {
  const { deps, options, browser } = visit
  const outcome = await runAdmitted(options, () => endSession(deps, browser, false))
  if (outcome !== undefined) return send(visit, outcome)
  const { poolId, location } = await runAdmitted(options, () => logOut(deps, browser))
  dropSession(visit, poolId)
  return visit.reply.redirect(location, 302)
}

/** The form of the page that asks, or a form of an app (RP-Initiated Logout §2). The app's goes on as a GET, which brings the cookies. */
export const postLogout: Handler = async (visit) => {
  const { deps, options, names, request, reply, browser } = visit
  const outcome = await withForm(options, request, async (body) => {
    const token = readParameters(body).get('_csrf')
    if (token === undefined) return body
    return endSession(deps, browser, isOwnForm(request, token, names))
  })
  if (typeof outcome === 'string' && isOfStandard(outcome)) return reply.redirect(`/logout?${new URLSearchParams(outcome)}`, 303)
  if (outcome === undefined || typeof outcome === 'string') return refusePost(reply)
  return send(visit, outcome)
}

/** Cognito's logout takes GET only. */
const isOfStandard = (body: string): boolean => {
  const parameters = readParameters(body)
  return parameters.has('id_token_hint') || parameters.has('post_logout_redirect_uri')
}

function dropSession({ names, reply, browser }: Visit, poolId: string): void {
  reply.header('set-cookie', writeCookie(names, sessionCookieName(names, browser.host, poolId), '', 0))
}

async function send(visit: Visit, outcome: EndSession): Promise<FastifyReply> {
  const { kind, pool, location, frames } = outcome
  if (kind === 'ended') dropSession(visit, pool.id)
  if (kind === 'ended' && location !== undefined && frames.length === 0) return visit.reply.redirect(location, 302)
  const shell = await shellOf(visit, outcome)
  if (kind === 'ask') {
    return sendPage(visit, shell, signOutPage(shell, { action: `/logout?${visit.browser.query}` }), {
      // Cognito's logout may lead to the sign-in page of this host.
      redirectUri: location?.startsWith('/') ? undefined : location,
      isForm: true,
    })
  }
  return sendPage(visit, shell, signedOutPage(shell, { frames, next: location }))
}
