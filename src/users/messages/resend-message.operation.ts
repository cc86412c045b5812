import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { bringForward, findMessageRow, type MessageRow } from '../../messaging/message-record-repository.ts'
import { type Outbox, queueMessage } from '../../messaging/outbox.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { lockUser } from '../user-repository.ts'
import { writeMessage } from './message-wire.ts'
import { getMessageRow, messageNotFound, openUnexpiredMessage } from './open-message.ts'

type Deps = { db: Db; secrets: Secrets; clock: Clock; pools: PoolCatalog; outbox: Outbox }

/**
 * Lifeguard's own operation: sends a message again with the same content. The new message gets an id of its own, so that the gateway does
 * not discard it as a duplicate. A message that was suppressed or that exceeded a message limit is sent as well. Message limits do not
 * count the new message. A message that is still queued is not sent a second time: its next delivery attempt is made at once.
 */
export const resendMessage = operation('ResendMessage', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, secrets, clock, pools, outbox }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const row = await getMessageRow(db, pool, request.MessageId)
    const message = openUnexpiredMessage(secrets, row, clock.now())
    const user = { sub: row.sub, username: message.username }
    const isBroughtForward = await db.transaction().execute(async (tx) => {
      if (row.state !== 'queued' || !(await bringForward(tx, pool.id, row.id, clock.now()))) return false
      await audit.record(tx, { user, detail: `message: ${row.id}` })
      return true
    })
    if (isBroughtForward) {
      await outbox.afterCommit(pool, [])
      return { Message: writeMessage(secrets, await getMessageRow(db, pool, row.id)) }
    }
    const id = await db.transaction().execute(async (tx) => {
      // The lock prevents a deletion of the user, which would delete the messages.
      if ((await lockUser(tx, pool.id, row.sub)) === undefined) throw messageNotFound(row.id)
      requireEnded(await findMessageRow(tx, pool.id, row.id), row.id)
      const id = await queueMessage(tx, secrets, { message, now: clock.now() })
      await audit.record(tx, { user, detail: `message: ${row.id}, sent again as ${id}` })
      return id
    })
    await outbox.afterCommit(pool, [])
    // Undefined when the new message was sent at once and the server keeps no message records.
    const queued = await findMessageRow(db, pool.id, id)
    return { Message: queued && writeMessage(secrets, queued) }
  },
})

function requireEnded(row: MessageRow | undefined, id: string): void {
  if (row === undefined) throw messageNotFound(id)
  if (row.state === 'queued')
    throw new ApiError('InvalidParameterException', `Message ${id} is being sent. Try again when it has the state SENT or FAILED.`)
}
