import type { Clock } from '../../base/clock.ts'
import { createLoadCache } from '../../base/load-cache.ts'
import type { Logger } from '../../base/logger.ts'
import type { Db } from '../../storage/db.ts'
import { PolicyError } from '../policy-error.ts'
import { parseRoleArn, type ReadRole, type Role, readRolePolicies, withoutPolicies } from './role.ts'
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
  logger: Logger
  publish(channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: (arn: string) => void, onGap: () => void): () => void
}

/** Finds roles with their policies read, and caches them for a few seconds. `close` ends the subscription to changes by other processes. */
export function createRoleCache({ db, clock, logger, publish, subscribe }: Deps): RoleCache & { close(): void } {
  const readStored = createReader(logger)
  const cache = createLoadCache<ReadRole>({
    async load(arn) {
      // The ARN may come from a stranger. No other text is the name of a role, and such a text costs no query.
      const role = parseRoleArn(arn) && (await findRole(db, arn))
      return role && readStored(role)
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

/**
 * Reads the policies of stored roles. `PutRole` has checked them, but another release may have stored a role that this one cannot enforce.
 * Such a role is refused everything until `PutRole` replaces it. The log says so once for each version of the role.
 */
function createReader(logger: Logger): (role: Role) => ReadRole {
  const reported = new Map<string, number>()
  return (role) => {
    try {
      const read = readRolePolicies(role)
      reported.delete(role.arn)
      return read
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error
      if (reported.get(role.arn) !== role.updatedAt) {
        if (reported.size >= cacheSize) reported.clear()
        reported.set(role.arn, role.updatedAt)
        logger.error(
          { role: role.arn, reason: error.message },
          'The policies of a role cannot be enforced. The role cannot be assumed, and its sessions may do nothing, until PutRole replaces it.',
        )
      }
      return withoutPolicies(role)
    }
  }
}
