import type { Db } from '../../storage/db.ts'
import { insertInboxMessage, trimInbox } from '../inbox-repository.ts'
import type { Gateway } from './gateway.ts'

const trimEvery = 256

/** Keeps every message for the developer to see instead of sending it; of about `keep` messages the oldest make room. */
export function createInboxGateway(db: Db, { keep = 10_000 }: { readonly keep?: number } = {}): Gateway {
  let untilTrim = trimEvery
  return {
    async deliver({ id, queuedAt, message }) {
      await insertInboxMessage(db, { id, createdAt: queuedAt, message })
      if (--untilTrim > 0) return
      untilTrim = trimEvery
      await trimInbox(db, keep)
    },
  }
}
