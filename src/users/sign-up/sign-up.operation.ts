import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { chooseSignUpContact, writeDelivery } from '../../messaging/destination.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueSignUpCode } from '../../messaging/send-code.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { readAttributes } from '../../pools/attribute-wire.ts'
import { readReturnUrl } from '../../pools/client-extensions/confirmation-links.ts'
import { requireUnreservedName } from '../../pools/identity-providers/reserved-names.ts'
import { type PasswordScreening, requireNotStolen } from '../../protection/breached-passwords/password-screening.ts'
import { type AuthEventDeps, recordAuthEvent } from '../../protection/record-auth-event.ts'
import { type BlockedAddressDeps, requireAllowedAddress } from '../../protection/risk/blocked-address.ts'
import { contextFromClient } from '../../protection/user-context.ts'
import type { Db } from '../../storage/db.ts'
import { type CallerContext, callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { createUser, type FirstMessage } from '../create-user.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { renderMessageTo, runPostConfirmation, runPreSignUp } from '../user-triggers.ts'
import { readValidationData } from '../wire.ts'
import { attributesForPreSignUp, draftSignUp, usernameExists } from './sign-up-rules.ts'
import { newUnconfirmedSession } from './sign-up-session.ts'

type Deps = AuthEventDeps &
  BlockedAddressDeps & {
    db: Db
    clock: Clock
    secrets: Secrets
    passwords: Passwords
    passwordScreening: PasswordScreening
    outbox: Outbox
    publicUrl: string
    triggers: Triggers
  }

/** A visitor creates an account. */
export const signUp = operation('SignUp', {
  auth: 'app-client',

  async handle(request, deps: Deps, caller: AppClientCaller, from) {
    const { clock, secrets, outbox, triggers } = deps
    const { pool, client } = caller
    const now = clock.now()
    const context = contextFromClient(from, { pool, client, username: request.Username, now }, request.UserContextData)
    await requireAllowedAddress(deps, { pool, client, ip: context.ip })
    const attributes = readAttributes(request.UserAttributes)
    const password = request.Password || undefined
    const draft = draftSignUp(caller, { username: request.Username, attributes, password }, now)
    await requireUnreservedName(deps.db, pool, 'Username', draft.username)
    const { isCompromised } = await requireNotStolen(deps, caller, 'SIGN_UP', password)
    const callerContext = callerContextOf(client, from, request.ClientMetadata)
    const returnUrl = readReturnUrl(client, request.ClientMetadata)

    const { user, deliveries } = await createUser(deps, pool, {
      draft,
      password,
      // PreSignUp may say that an address is verified: then the present owner of the address loses the alias.
      takesAliases: true,
      nameTaken: (kind) => usernameExists(pool, kind),
      async decide() {
        const { autoConfirm, autoVerify } = await runPreSignUp(triggers, {
          pool,
          source: 'PreSignUp_SignUp',
          username: draft.username,
          userAttributes: attributesForPreSignUp(draft, attributes),
          validationData: readValidationData(request.ValidationData),
          callerContext,
        })
        const verified = Object.fromEntries(autoVerify.map((attribute) => [`${attribute}_verified`, 'true']))
        return { status: autoConfirm ? 'CONFIRMED' : 'UNCONFIRMED', attributes: { ...draft.attributes, ...verified } }
      },
      message: signUpCode(deps, caller, callerContext, returnUrl),
    })

    await recordAuthEvent(deps, pool, { sub: user.sub, type: 'SignUp', response: 'Pass', context, now, clientId: client.id, isCompromised })
    if (deliveries.length > 0) await outbox.afterCommit(pool, deliveries)
    const isConfirmed = user.status === 'CONFIRMED'
    if (isConfirmed) await runPostConfirmation(triggers, { pool, user, source: 'PostConfirmation_ConfirmSignUp', callerContext })
    const [delivery] = deliveries
    return {
      UserConfirmed: isConfirmed,
      UserSub: user.sub,
      Session: newUnconfirmedSession(secrets, caller, user, now),
      ...(delivery && { CodeDeliveryDetails: writeDelivery(delivery) }),
    }
  },
})

/** The code that confirms the user, unless PreSignUp has confirmed the user or the pool verifies none of the user's addresses. */
function signUpCode(
  { secrets, publicUrl, triggers }: Deps,
  { pool, client }: AppClientCaller,
  callerContext: CallerContext,
  returnUrl: string | undefined,
): FirstMessage {
  return {
    async render(user) {
      const contact = user.status === 'CONFIRMED' ? undefined : chooseSignUpContact(pool, user.attributes)
      return contact && renderMessageTo(triggers, { pool, user, attributes: [contact.attribute], kind: 'sign-up', callerContext })
    },
    async queue(tx, user, messageContent) {
      const code = { pool, clientId: client.id, returnUrl, user, kind: 'sign-up', messageContent, now: user.createdAt } as const
      const delivery = await queueSignUpCode(tx, { secrets, publicUrl }, code)
      return delivery === undefined ? [] : [delivery]
    },
  }
}
