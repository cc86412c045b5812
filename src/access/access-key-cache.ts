import type { Clock } from '../base/clock.ts'
import { createLoadCache } from '../base/load-cache.ts'
import type { Secrets } from '../base/secrets.ts'
import type { Db } from '../storage/db.ts'
import type { AccessKey } from './access-key.ts'
import { findAccessKey } from './access-key-repository.ts'

export type FindAccessKey = (id: string) => Promise<AccessKey | undefined>

/** The channel that tells all processes which access key was deleted. Publish the key's id there after the commit of the deletion. */
export const accessKeyDeleted = 'access_key_deleted'

/** How long a process that missed the message on the channel `accessKeyDeleted` may still accept a deleted key. */
export const cacheMilliseconds = 5_000

const cacheSize = 1_000

type Deps = {
  db: Db
  secrets: Secrets
  clock: Clock
  subscribe(channel: string, listener: (id: string) => void, onGap: () => void): () => void
}

/**
 * Finds access keys and caches them for a few seconds, so that not every request needs a query. `close` ends the subscription to
 * `accessKeyDeleted`.
 */
export function createAccessKeyCache({ db, secrets, clock, subscribe }: Deps): { find: FindAccessKey; close(): void } {
  const cache = createLoadCache<AccessKey>({
    load: (id) => findAccessKey(db, secrets, id),
    clock,
    lifetimeMilliseconds: cacheMilliseconds,
    maxEntries: cacheSize,
  })
  const close = subscribe(accessKeyDeleted, (id) => cache.drop((key) => key.id === id), cache.clear)
  return { find: cache.get, close }
}
