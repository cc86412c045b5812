import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { chooseSignUpContact, deliveryTo, writeDelivery } from '../../messaging/destination.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueSignUpCode } from '../../messaging/send-code.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { readAttributes } from '../../pools/attribute-wire.ts'
import { readReturnUrl } from '../../pools/client-extensions/confirmation-links.ts'
import { hidesSignUps } from '../../pools/hidden-sign-ups.ts'
import { requireUnreservedName } from '../../pools/identity-providers/reserved-names.ts'
import { type PasswordScreening, requireNotStolen } from '../../protection/breached-passwords/password-screening.ts'
import { type AuthEventDeps, type AuthEventInput, recordAuthEvent, recordOrSimulateAuthEvent } from '../../protection/record-auth-event.ts'
import { type BlockedAddressDeps, requireAllowedAddress } from '../../protection/risk/blocked-address.ts'
import { contextFromClient } from '../../protection/user-context.ts'
import type { Db } from '../../storage/db.ts'
import { type CallerContext, callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { type CreatedUser, createUser, type FirstMessage } from '../create-user.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { renderMessageTo, runPostConfirmation, runPreSignUp } from '../user-triggers.ts'
import { readValidationData } from '../wire.ts'
import { findOwnerOfNames, hideSignUp } from './hidden-sign-up.ts'
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
    const { clock, secrets, triggers } = deps
    const { pool, client } = caller
    const now = clock.now()
    const context = contextFromClient(from, { pool, client, username: request.Username, now }, request.UserContextData)
    await requireAllowedAddress(deps, { pool, client, ip: context.ip })
    const attributes = readAttributes(pool, request.UserAttributes)
    const password = request.Password || undefined
    const draft = draftSignUp(caller, { username: request.Username, attributes, password }, now)
    await requireUnreservedName(deps.db, pool, 'Username', draft.username)
    const { isCompromised } = await requireNotStolen(deps, caller, 'SIGN_UP', password)
    const callerContext = callerContextOf(client, from, request.ClientMetadata)
    const returnUrl = readReturnUrl(client, request.ClientMetadata)

    const found = hidesSignUps(caller) ? await findOwnerOfNames(deps, pool, { draft, password }) : undefined

    const created = await createUser(deps, pool, {
      draft,
      password,
      // PreSignUp may say that an address is verified: then the present owner of the address loses the alias.
      takesAliases: true,
      nameTaken: (kind) => usernameExists(pool, kind),
      hideTaken: found && ((user, content) => hideSignUp(deps, caller, { ...found, user, content, callerContext, returnUrl })),
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

    await finish(deps, caller, created, { callerContext, event: { context, now, isCompromised } })
    const { user } = created
    const contact = user.status === 'CONFIRMED' ? undefined : chooseSignUpContact(pool, user.attributes)
    return {
      UserConfirmed: user.status === 'CONFIRMED',
      UserSub: user.sub,
      Session: newUnconfirmedSession(secrets, caller, user, now),
      ...(contact && { CodeDeliveryDetails: writeDelivery(deliveryTo(contact)) }),
    }
  },
})

type Finish = { readonly callerContext: CallerContext; readonly event: Pick<AuthEventInput, 'context' | 'now' | 'isCompromised'> }

/** What follows the commit. Where existing users are hidden, nobody waits for a delivery: there may be none. */
async function finish(
  deps: Deps,
  caller: AppClientCaller,
  { user, deliveries, isStored }: CreatedUser,
  { callerContext, event: about }: Finish,
): Promise<void> {
  const { outbox, triggers } = deps
  const { pool, client } = caller
  const event = { ...about, type: 'SignUp', response: 'Pass', clientId: client.id } as const
  if (hidesSignUps(caller)) {
    await recordOrSimulateAuthEvent(deps, pool, { ...event, sub: isStored ? user.sub : undefined })
    await outbox.afterCommit(pool, [])
  } else {
    await recordAuthEvent(deps, pool, { ...event, sub: user.sub })
    if (deliveries.length > 0) await outbox.afterCommit(pool, deliveries)
  }
  if (user.status !== 'CONFIRMED') return
  if (isStored) await runPostConfirmation(triggers, { pool, user, source: 'PostConfirmation_ConfirmSignUp', callerContext })
  else await triggers.simulateInvocation(pool, 'PostConfirmation')
}

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
