import type { Secrets } from '../base/secrets.ts'
import { keptAfterExpiryMs } from '../messaging/code-repository.ts'
import { codeLifetimesMs, issueCode } from '../messaging/codes.ts'
import { channelOf } from '../messaging/destination.ts'
import type { MessageKind } from '../messaging/message.ts'
import { findExceededLimit } from '../messaging/message-limits.ts'
import { queueMessage } from '../messaging/outbox.ts'
import { deleteOutboxEntry } from '../messaging/outbox-repository.ts'
import { renderMessage } from '../messaging/templates.ts'
import type { ContactAttribute, Pool } from '../pools/pool.ts'
import type { Db, Tx } from '../storage/db.ts'
import { decoySub } from './decoy.ts'
import { lockUser } from './user-repository.ts'

type SimulatedCode = {
  readonly username: string
  readonly attribute: ContactAttribute
  readonly kind: 'resend' | 'forgot-password'
  readonly now: number
}

/**
 * For a name that no user has: executes the same statements as the sending of a code to a user, including the commit. So the time that
 * this takes reveals nothing. The message is deleted before the commit: the code is sent nowhere and proves nothing. The sweeper deletes a
 * code some time after it expired (`keptAfterExpiryMs`). The simulated code expires earlier by that time, so that it is deleted when the
 * code of a user would expire.
 */
export async function simulateSendCode(
  { db, secrets }: { db: Db; secrets: Secrets },
  pool: Pool,
  { username, attribute, kind, now }: SimulatedCode,
): Promise<void> {
  const poolId = pool.id
  const sub = decoySub(secrets, pool, username, now)
  const [purpose, lifetimeMs] =
    kind === 'resend' ? (['sign-up', codeLifetimesMs.signUp] as const) : (['forgot-password', codeLifetimesMs.forgotPassword] as const)
  await db.transaction().execute(async (tx) => {
    await lockUser(tx, poolId, sub)
    const code = await issueCode(tx, secrets, { poolId, sub, purpose, attribute, now, lifetimeMs: lifetimeMs - keptAfterExpiryMs })
    await simulateQueue(tx, secrets, pool, { sub, username, attribute, kind, code, now })
  })
}

type SimulatedMessage = {
  readonly sub: string
  readonly username: string
  readonly attribute: ContactAttribute
  readonly kind: MessageKind
  readonly code: string | undefined
  readonly link?: string | undefined
  readonly now: number
}

const noSender = { from: undefined, replyTo: undefined, sourceArn: undefined, configurationSet: undefined }

/** Executes the same statements as the queueing of a message to a user, and deletes the message again in the same transaction. */
export async function simulateQueue(
  tx: Tx,
  secrets: Secrets,
  pool: Pool,
  { sub, username, attribute, kind, code, link, now }: SimulatedMessage,
): Promise<void> {
  const rendered = renderMessage(pool.templates, kind, channelOf(attribute), { username, code, link })
  if (rendered === undefined) return
  const envelope = { poolId: pool.id, sub, username, trigger: kind, recipient: '', code, expiresAt: now }
  const message = rendered.channel === 'sms' ? { ...envelope, ...rendered } : { ...envelope, ...rendered, ...noSender }
  await findExceededLimit(tx, secrets, pool, { channel: message.channel, recipient: sub, now, weight: 0 })
  const id = await queueMessage(tx, secrets, { message, now })
  await deleteOutboxEntry(tx, { id, poolId: pool.id })
}
