import type { Clock } from '../../base/clock.ts'
import { uuidv7 } from '../../base/ids.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Outbox } from '../../messaging/after-commit.ts'
import { chooseSignUpContact } from '../../messaging/destination.ts'
import { queueSignUpCode } from '../../messaging/send-code.ts'
import { writeDelivery } from '../../messaging/wire.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { readAttributes } from '../../pools/attribute-wire.ts'
import type { Pool } from '../../pools/pool.ts'
import { noteAuthEvent } from '../../protection/note-auth-event.ts'
import { contextFromClient } from '../../protection/user-context.ts'
import type { Db } from '../../storage/db.ts'
import { requireNoTrigger, type Triggers } from '../../triggers/trigger.ts'
import { wordMessageTo } from '../message-wording.ts'
import { nameNewUser } from '../new-user-names.ts'
import { requireStrongPassword } from '../passwords/password-policy.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { findTakenName } from '../taken-names.ts'
import { type AliasKind, changeAttributes, type User } from '../user.ts'
import { insertUser } from '../user-repository.ts'
import { requirePasswordlessSignIn, requireSelfSignUp, requireSignUpAttributes } from './sign-up-rules.ts'
import { newSignUpSession } from './sign-up-session.ts'

type Deps = {
  db: Db
  clock: Clock
  secrets: Secrets
  passwords: Passwords
  outbox: Outbox
  publicUrl: string
  triggers: Triggers
}

/**
 * A visitor opens their own account. ValidationData, ClientMetadata, AnalyticsMetadata and UserContextData concern triggers and risk
 * only. Session lets the user go on from ConfirmSignUp to sign in without another proof.
 */
export const signUp = operation('SignUp', {
  auth: 'app-client',

  async handle(request, { db, clock, secrets, passwords, outbox, publicUrl, triggers }: Deps, { pool, client }: AppClientCaller, from) {
    const context = contextFromClient(from, client, request.UserContextData)
    requireSelfSignUp(pool)
    const now = clock.now()
    const sub = uuidv7(now)
    const typed = readAttributes(request.UserAttributes)
    const named = nameNewUser(pool, { sub, username: request.Username, attributes: typed })
    const password = request.Password || undefined
    if (password === undefined) requirePasswordlessSignIn(pool, client, named.attributes)
    else requireStrongPassword(pool, password, 'set')
    requireSignUpAttributes(pool, client, typed, named.attributes)
    const draft = { poolId: pool.id, sub, username: named.username, attributes: changeAttributes({}, named.attributes) }
    requireNameFree(pool, await findTakenName(db, pool, draft))

    requireNoTrigger(pool, 'PreSignUp')
    const occasion = { clientId: client.id, clientMetadata: request.ClientMetadata, userAgent: from.userAgent }

    const user: User = {
      ...draft,
      status: 'UNCONFIRMED',
      enabled: true,
      password: password === undefined ? null : await passwords.protect(draft, password),
      passwordExpiresAt: null,
      signedOutAt: null,
      mfa: null,
      createdAt: now,
      updatedAt: now,
    }
    const contact = chooseSignUpContact(pool, user.attributes)
    const wording = contact && (await wordMessageTo(triggers, { pool, user, attributes: [contact.attribute], kind: 'sign-up', occasion }))
    const delivery = await db.transaction().execute(async (tx) => {
      requireNameFree(pool, await insertUser(tx, pool, user))
      return wording && queueSignUpCode(tx, { secrets, publicUrl }, { pool, clientId: client.id, user, kind: 'sign-up', wording, now })
    })
    const answer = { UserConfirmed: false, UserSub: sub, Session: newSignUpSession(secrets, client, user, { provenBy: null, now }) }
    await noteAuthEvent(db, pool, { sub, type: 'SignUp', response: 'Pass', context, now, clientId: client.id })
    if (delivery === undefined) return answer
    await outbox.afterCommit(pool, [delivery])
    return { ...answer, CodeDeliveryDetails: writeDelivery(delivery) }
  },
})

/** Throws UsernameExistsException: a taken name cannot be hidden, whatever the client hides otherwise. */
function requireNameFree(pool: Pool, taken: AliasKind | undefined): void {
  if (taken === undefined) return
  const message = pool.usernameAttributes.length === 0 ? 'User already exists' : `An account with the given ${taken} already exists.`
  throw new ApiError('UsernameExistsException', message)
}
