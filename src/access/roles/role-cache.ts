import type { Clock } from '../../base/clock.ts'
import { createLoadCache } from '../../base/load-cache.ts'
import type { Db } from '../../storage/db.ts'
import { type ReadRole, readRolePolicies } from './role.ts'
import { findRole } from './role-repository.ts'

export type FindRole = (arn: string) => Promise<ReadRole | undefined>

export type RoleCache = {
  readonly find: FindRole
  /** Call it after the commit that changed or deleted the role. */
  announceChange(arn: string): Promise<void>
}

/** The channel that tells all processes which role changed. */
const channel = 'role_changed'

/** How long a process that missed the announcement may still use the earlier policies of a role. */
const cacheMilliseconds = 5_000

const cacheSize = 10_000

type Deps = {
  db: Db
  clock: Clock
  publish(channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: (arn: string) => void, onGap: () => void): () => void
}

/** Finds roles with their policies read, and caches them for a few seconds. `close` ends the subscription to changes by other processes. */
export function createRoleCache({ db, clock, publish, subscribe }: Deps): RoleCache & { close(): void } {
  const cache = createLoadCache<ReadRole>({
    async load(arn) {
      const role = await findRole(db, arn)
      return role && readRolePolicies(role)
    },
    clock,
    lifetimeMilliseconds: cacheMilliseconds,
    maxEntries: cacheSize,
  })
  const drop = (arn: string) => cache.drop((role) => role.arn === arn)
  const close = subscribe(channel, drop, cache.clear)
  return {
    find: cache.get,
    async announceChange(arn) {
      // This process must not wait for its own announcement: the next request may be on its way.
      drop(arn)
      await publish(channel, arn).catch(() => undefined)
    },
    close,
  }
}
