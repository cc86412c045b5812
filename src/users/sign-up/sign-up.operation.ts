import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { chooseSignUpContact, type Delivery, writeDelivery } from '../../messaging/destination.ts'
import type { Outbox } from '../../messaging/outbox.ts'
import { queueSignUpCode } from '../../messaging/send-code.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { readAttributes } from '../../pools/attribute-wire.ts'
import type { Pool } from '../../pools/pool.ts'
import { recordAuthEvent } from '../../protection/record-auth-event.ts'
import { contextFromClient } from '../../protection/user-context.ts'
import type { Db } from '../../storage/db.ts'
import { invokePreSignUp, type PreSignUpResponse } from '../../triggers/pre-sign-up.ts'
import { type CallerContext, callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import { lockUserTakingAliases } from '../alias-takeover.ts'
import { deleteExpiredSignUpsOf } from '../expired-sign-ups/delete-expired-sign-ups.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { renderMessageTo } from '../render-user-message.ts'
import { runPostConfirmation } from '../run-post-confirmation.ts'
import { findTakenName } from '../taken-names.ts'
import { attributesBeforeSignUp } from '../trigger-attributes.ts'
import { type AliasKind, aliasesOf, type User } from '../user.ts'
import { insertUser } from '../user-repository.ts'
import { readValidationData } from '../wire.ts'
import { type Draft, draftSignUp } from './draft-sign-up.ts'
import { newNewcomerSession } from './sign-up-session.ts'

type Deps = {
  db: Db
  clock: Clock
  secrets: Secrets
  passwords: Passwords
  outbox: Outbox
  publicUrl: string
  triggers: Triggers
}

/** A visitor opens their own account. Session lets the user go on from ConfirmSignUp to sign in without another proof. */
export const signUp = operation('SignUp', {
  auth: 'app-client',

  async handle(request, deps: Deps, caller: AppClientCaller, from) {
    const { db, clock, secrets, outbox, triggers } = deps
    const { pool, client } = caller
    const context = contextFromClient(from, client, request.UserContextData)
    const now = clock.now()
    const attributes = readAttributes(request.UserAttributes)
    const password = request.Password || undefined
    const draft = draftSignUp(caller, { username: request.Username, attributes, password }, now)
    await deleteExpiredSignUpsOf(db, pool, draft, now)
    requireNameFree(pool, await findTakenName(db, pool, draft))

    const callerContext = callerContextOf(client, from, request.ClientMetadata)
    const subject = { pool, clientId: client.id, username: draft.username, sub: undefined, userAgent: from.userAgent }
    const verdict = await invokePreSignUp(triggers, subject, 'PreSignUp_SignUp', {
      userAttributes: attributesBeforeSignUp(draft.attributes, attributes),
      validationData: readValidationData(request.ValidationData),
      clientMetadata: request.ClientMetadata,
    })
    const user = await newUser(deps, draft, { password, verdict, now })
    const delivery = await storeNewUser(deps, caller, user, { verdict, callerContext })
    await recordAuthEvent(db, pool, { sub: user.sub, type: 'SignUp', response: 'Pass', context, now, clientId: client.id })
    if (delivery !== undefined) await outbox.afterCommit(pool, [delivery])
    if (verdict.autoConfirm) await runPostConfirmation(triggers, { pool, user, source: 'PostConfirmation_ConfirmSignUp', callerContext })
    return {
      UserConfirmed: verdict.autoConfirm,
      UserSub: user.sub,
      Session: newNewcomerSession(secrets, pool, client, user, now),
      ...(delivery && { CodeDeliveryDetails: writeDelivery(delivery) }),
    }
  },
})

type Making = { readonly password: string | undefined; readonly verdict: PreSignUpResponse; readonly now: number }

async function newUser({ passwords }: Deps, draft: Draft, { password, verdict, now }: Making): Promise<User> {
  const vouchedFor = Object.fromEntries(verdict.autoVerify.map((attribute) => [`${attribute}_verified`, 'true']))
  return {
    ...draft,
    attributes: { ...draft.attributes, ...vouchedFor },
    status: verdict.autoConfirm ? 'CONFIRMED' : 'UNCONFIRMED',
    enabled: true,
    password: password === undefined ? null : await passwords.protect(draft, password),
    passwordExpiresAt: null,
    signedOutAt: null,
    mfa: null,
    createdAt: now,
    updatedAt: now,
  }
}

type Storing = { readonly verdict: PreSignUpResponse; readonly callerContext: CallerContext }

/** Answers where the code went; undefined when there is none, or none is needed. */
async function storeNewUser(
  { db, secrets, publicUrl, triggers }: Deps,
  { pool, client }: AppClientCaller,
  user: User,
  { verdict, callerContext }: Storing,
): Promise<Delivery | undefined> {
  const contact = verdict.autoConfirm ? undefined : chooseSignUpContact(pool, user.attributes)
  const messageContent =
    contact && (await renderMessageTo(triggers, { pool, user, attributes: [contact.attribute], kind: 'sign-up', callerContext }))
  const now = user.createdAt
  return db.transaction().execute(async (tx) => {
    // An address that the pool's own code vouches for leaves whoever had it.
    if (verdict.autoVerify.length > 0) await lockUserTakingAliases(tx, pool, user.sub, aliasesOf(pool, user), now)
    requireNameFree(pool, await insertUser(tx, pool, user))
    return (
      messageContent &&
      queueSignUpCode(tx, { secrets, publicUrl }, { pool, clientId: client.id, user, kind: 'sign-up', messageContent, now })
    )
  })
}

/** Throws UsernameExistsException: a taken name cannot be hidden, whatever the client hides otherwise. */
function requireNameFree(pool: Pool, taken: AliasKind | undefined): void {
  if (taken === undefined) return
  const message = pool.usernameAttributes.length === 0 ? 'User already exists' : `An account with the given ${taken} already exists.`
  throw new ApiError('UsernameExistsException', message)
}
