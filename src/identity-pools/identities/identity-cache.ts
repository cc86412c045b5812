import type { Clock } from '../../base/clock.ts'
import { createLoadCache } from '../../base/load-cache.ts'
import type { Db } from '../../storage/db.ts'
import type { Identity } from '../identity.ts'
import { findIdentityOfPool } from './identity-administration-repository.ts'

/** Says for each request that an identity's credentials sign whether the identity exists. */
export type IdentityCache = {
  has(id: string): Promise<boolean>
  /** Call it after the commit that deleted the identities, or the identity pools, with these ids. */
  announceDeletion(ids: readonly string[]): Promise<void>
}

/** The channel that tells all processes which identity or identity pool was deleted. */
const channel = 'identity_deleted'

/** How long a process that missed the announcement may still accept the credentials of a deleted identity. */
const cacheMilliseconds = 5_000

const cacheSize = 10_000

type Deps = {
  db: Db
  clock: Clock
  publish(channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: (id: string) => void, onGap: () => void): () => void
}

/** `close` ends the subscription to deletions by other processes. */
export function createIdentityCache({ db, clock, publish, subscribe }: Deps): IdentityCache & { close(): void } {
  const cache = createLoadCache<Identity>({
    load: (id) => findIdentityOfPool(db, id),
    clock,
    lifetimeMilliseconds: cacheMilliseconds,
    maxEntries: cacheSize,
  })
  const drop = (id: string) => cache.drop((identity) => identity.id === id || identity.identityPoolId === id)
  const close = subscribe(channel, drop, cache.clear)
  return {
    has: async (id) => (await cache.get(id)) !== undefined,
    async announceDeletion(ids) {
      // This process must not wait for its own announcement: the next request may be on its way.
      for (const id of ids) drop(id)
      for (const id of ids) await publish(channel, id).catch(() => undefined)
    },
    close,
  }
}
