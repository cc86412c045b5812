import { operation } from '../../contract/operation.ts'
import { type Delivery, writeDelivery } from '../../messaging/destination.ts'
import { type MessageContent, simulateRendering } from '../../messaging/message-content.ts'
import { queueForgotPasswordCode } from '../../messaging/send-code.ts'
import { type AppClientCaller, hidesUserExistence } from '../../pools/app-client.ts'
import type { Pool } from '../../pools/pool.ts'
import { type AuthEventDeps, recordOrSimulateAuthEvent } from '../../protection/record-auth-event.ts'
import { contextFromClient } from '../../protection/user-context.ts'
import { type CallerContext, callerContextOf, hasTrigger } from '../../triggers/trigger.ts'
import { findClaimedUser, unknownUser } from '../claimed-user.ts'
import { simulateSendCode } from '../decoy-code.ts'
import { bringUser } from '../former-pool/bring-user.ts'
import type { FormerPools } from '../former-pool/former-pools.ts'
import { isMigrationRefusal, type MigrationDeps, migrateUser } from '../migration/migrate-user.ts'
import { type NamedUser, shownRecoveryDelivery } from '../shown-address.ts'
import type { User } from '../user.ts'
import { lockUser } from '../user-repository.ts'
import { renderMessageTo } from '../user-triggers.ts'
import { findRecoveryError, requireRecoveryContact, requireSelfRecovery, wrongState } from './recovery-rules.ts'

type Deps = MigrationDeps & AuthEventDeps & { readonly formerPools: FormerPools }

/**
 * Sends a user a code to set a new password with. If the client hides which users exist, the answer is the same for a user who cannot get a
 * code: unknown, disabled, without a verified address, or in the wrong state. An unknown user can be migrated first (UserMigration).
 */
export const forgotPassword = operation('ForgotPassword', {
  auth: 'app-client',

  async handle(request, deps: Deps, caller: AppClientCaller, from) {
    const { pool, client } = caller
    requireSelfRecovery(pool)
    const callerContext = callerContextOf(client, from, request.ClientMetadata)
    const migrate = () => findMigratedUser(deps, caller, request.Username, callerContext)
    const bring = () => bringFormerUser(deps, caller, request.Username)
    const { user, known, hidden } = await findClaimedUser(deps, caller, {
      username: request.Username,
      action: 'ForgotPassword',
      migrate: hasTrigger(pool, 'UserMigration') ? migrate : deps.formerPools.isAsked(pool) ? bring : undefined,
    })
    const recoveryError = user && findRecoveryError(pool, user)
    const now = deps.clock.now()
    const bearer = { name: request.Username, user: known, now }
    const context = contextFromClient(from, { pool, client, username: request.Username, now }, request.UserContextData)
    const event = { type: 'ForgotPassword', response: 'InProgress', context, now, clientId: client.id } as const
    // The shown address is computed also for a user who gets a code: otherwise the time that this takes would reveal which users exist.
    const shown = hidden ? shownRecoveryDelivery(deps.secrets, pool, bearer) : undefined
    if (user === undefined || (hidden && recoveryError !== undefined)) {
      if (shown === undefined) throw wrongState()
      await simulateSending(deps, pool, bearer, shown)
      await recordOrSimulateAuthEvent(deps, pool, { ...event, sub: undefined })
      return { CodeDeliveryDetails: writeDelivery(shown) }
    }
    if (recoveryError !== undefined) throw recoveryError
    const attributes = [requireRecoveryContact(pool, user).attribute]
    const messageContent = await renderMessageTo(deps.triggers, { pool, user, attributes, kind: 'forgot-password', callerContext })
    const delivery = await sendCode(deps, pool, user.sub, messageContent)
    await deps.outbox.afterCommit(pool, hidden ? [] : [delivery])
    await recordOrSimulateAuthEvent(deps, pool, { ...event, sub: user.sub })
    return { CodeDeliveryDetails: writeDelivery(delivery) }
  },
})

/**
 * A refusal of the trigger function reveals that the user is not in the pool. So clients that hide this get the answer for an unknown user.
 */
async function findMigratedUser(
  deps: Deps,
  caller: AppClientCaller,
  username: string,
  callerContext: CallerContext,
): Promise<User | undefined> {
  try {
    return await migrateUser(deps, caller, { username, password: undefined, validationData: undefined, callerContext, audit: undefined })
  } catch (error) {
    if (hidesUserExistence(caller.client) && isMigrationRefusal(error)) return undefined
    throw error
  }
}

/** The user of the former pool, whose password stays there until the new one is set. Undefined when that pool does not show the user. */
async function bringFormerUser(deps: Deps, caller: AppClientCaller, username: string): Promise<User | undefined> {
  const shown = await deps.formerPools.findUser(caller.pool, username)
  return shown && bringUser(deps, caller, shown, username)
}

async function sendCode({ db, clock, secrets }: Deps, pool: Pool, sub: string, messageContent: MessageContent): Promise<Delivery> {
  return db.transaction().execute(async (tx) => {
    const user = await lockUser(tx, pool.id, sub)
    if (user === undefined) throw unknownUser()
    const recoveryError = findRecoveryError(pool, user)
    if (recoveryError !== undefined) throw recoveryError
    return queueForgotPasswordCode(tx, secrets, {
      pool,
      user,
      contact: requireRecoveryContact(pool, user),
      messageContent,
      now: clock.now(),
    })
  })
}

async function simulateSending(deps: Deps, pool: Pool, { name: username, now }: NamedUser, { attribute }: Delivery): Promise<void> {
  await simulateRendering(deps.triggers, pool, attribute)
  await simulateSendCode(deps, pool, { username, attribute, kind: 'forgot-password', now })
  await deps.outbox.afterCommit(pool, [])
}
