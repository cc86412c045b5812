import type { Db } from '../../storage/db.ts'
import { insertInboxMessage, trimInbox } from '../inbox-repository.ts'
import type { Gateway } from './gateway.ts'

const trimEvery = 256

/** Stores messages in the dev inbox instead of sending them. The inbox keeps about `keep` messages, the newest. */
export function createInboxGateway(db: Db, { keep = 10_000 }: { readonly keep?: number } = {}): Gateway {
  let untilTrim = trimEvery
  return {
    kind: 'inbox',
    async deliver({ id, queuedAt, message }) {
      await insertInboxMessage(db, { id, createdAt: queuedAt, message })
      if (--untilTrim > 0) return
      untilTrim = trimEvery
      await trimInbox(db, keep)
    },
  }
}
