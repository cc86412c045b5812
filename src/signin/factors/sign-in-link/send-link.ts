import { randomUUID } from 'node:crypto'
import { minuteMs } from '../../../base/durations.ts'
import { hashOfLinkToken, newLinkToken } from '../../../base/link-token.ts'
import { simulateRendering } from '../../../messaging/message-content.ts'
import { queueSignInLink } from '../../../messaging/send-code.ts'
import { hidesUserExistence } from '../../../pools/app-client.ts'
import { signInLinksOf } from '../../../pools/extensions/pool-extensions.ts'
import { limitAttempts } from '../../../protection/attempt-limit.ts'
import { simulateQueue } from '../../../users/decoy-code.ts'
import { securityStampOf } from '../../../users/security-stamp.ts'
import { shownSignInDelivery } from '../../../users/shown-address.ts'
import { lockUser } from '../../../users/user-repository.ts'
import { renderMessageTo } from '../../../users/user-triggers.ts'
import { newChoiceState, sealChoiceState } from '../../choice/choice-state.ts'
import type { ChoiceSignIn, Choices } from '../../choice/choices.ts'
import type { NewChallenge } from '../../factor.ts'
import { invalidSession } from '../../sign-in-errors.ts'
import type { SentCodeDeps } from '../message/sent-code.ts'
import type { LinkOrigin, SignInLink } from './sign-in-link.ts'
import { deleteSignInLink, replaceSignInLink } from './sign-in-link-repository.ts'

export type LinkRequest = {
  readonly origin: LinkOrigin
  /** The address that carries the token. */
  linkFor(token: string): string
}

/** The most characters of a name that a link's page shows. The name of a decoy can be any text. */
const longestName = 128

/**
 * EMAIL_OTP as the first factor, with a link in place of the code. It counts against the same limit. For a decoy the sending is only
 * simulated. The Session lets the user ask for another link or choose another factor as long as the link is valid.
 *
 * @throws ApiError TooManyRequestsException when too many codes or links were requested.
 */
export async function createLinkChallenge(
  deps: SentCodeDeps,
  signIn: ChoiceSignIn,
  { available }: Choices,
  { origin, linkFor }: LinkRequest,
): Promise<NewChallenge> {
  const { db, secrets, clock, triggers } = deps
  const { context, sub, user, hiddenUser, name } = signIn
  const { pool, client, caller } = context
  const now = clock.now()
  const kind = 'sign-in-link'
  await limitAttempts(db, { poolId: pool.id, subject: sub, action: 'FirstFactorMessage' }, now)
  const messageContent = user && (await renderMessageTo(triggers, { pool, user, attributes: ['email'], kind, callerContext: caller }))
  if (user === undefined) await simulateRendering(triggers, pool, 'email')
  const token = newLinkToken()
  const expiresAt = now + signInLinksOf(pool).lifetimeMinutes * minuteMs
  const state = newChoiceState(deps, signIn, undefined)
  const { medium, destination } = shownSignInDelivery(secrets, pool, { name, user: user ?? hiddenUser, now }, 'email')
  const address = user?.attributes['email'] ?? ''
  const securityStamp = securityStampOf(user ?? { password: null, signedOutAt: null })
  const link: SignInLink = {
    id: randomUUID(),
    poolId: pool.id,
    sub,
    clientId: client.id,
    tokenHash: hashOfLinkToken(token),
    expiresAt,
    details: { username: name.slice(0, longestName), address, securityStamp, origin },
  }
  return {
    name: 'EMAIL_OTP',
    parameters: { CODE_DELIVERY_DELIVERY_MEDIUM: medium, CODE_DELIVERY_DESTINATION: destination },
    session: sealChoiceState(deps, { ...state, expiresAt: Math.max(state.expiresAt, expiresAt) }),
    available,
    async queue(tx) {
      const locked = await lockUser(tx, pool.id, sub)
      await replaceSignInLink(tx, link)
      if (user === undefined || messageContent === undefined) {
        const message = { sub, username: name, attribute: 'email', kind, code: undefined, link: linkFor(token), now } as const
        await simulateQueue(tx, secrets, pool, message)
        await deleteSignInLink(tx, link)
        return undefined
      }
      if (locked === undefined) throw invalidSession()
      const message = { pool, user, contact: { attribute: 'email', value: address }, messageContent, now } as const
      const delivery = await queueSignInLink(tx, secrets, { ...message, link: linkFor(token), expiresAt })
      return hidesUserExistence(client) ? undefined : delivery
    },
  }
}
