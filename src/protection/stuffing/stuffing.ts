import type { Clock } from '../../base/clock.ts'
import { minuteMs } from '../../base/durations.ts'
import { createLoadCache } from '../../base/load-cache.ts'
import type { Logger } from '../../base/logger.ts'
import type { Secrets } from '../../base/secrets.ts'
import { threatProtectionOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { usesThreatProtection } from '../../pools/tier-rules.ts'
import { ignoreUnavailable } from '../../storage/database-unavailable-error.ts'
import type { Db } from '../../storage/db.ts'
import { countAttempt } from '../attempt-repository.ts'
import { type Network, networksOf } from './networks.ts'
import { findLevels } from './stuffing-repository.ts'
import { createTallies, type Tallies } from './tallies.ts'

/** A network of the caller that is slowed down. */
export type Slowed = Network & {
  /** How hard, from 1 to `highestLevel`. */
  readonly level: number
}

/** How a sign-in ended: with a wrong password or an unknown name, or with success. */
export type SignInOutcome = 'failed' | 'passed'

/** Which networks fail to sign in as many users of a pool. Nothing is counted in pools that do not slow networks down. */
export type Stuffing = Pick<Tallies, 'reasonOf' | 'write' | 'close'> & {
  /**
   * Counts how a sign-in ended. `username` is what the client sent. The count is written within a second; a process that is killed meanwhile
   * loses it. When the network has to be slowed down because of this sign-in, this function waits until that is written.
   */
  count(pool: Pool, ip: string | undefined, outcome: SignInOutcome, username: string): Promise<void>
  /** The networks of the address that are slowed down. Empty for an unknown address, and while the database is unavailable. */
  findSlowed(pool: Pool, ip: string | undefined): Promise<readonly Slowed[]>
  /** Counts an attempt from slowed networks. False when there were too many in this minute. */
  takeAttempt(poolId: string, slowed: readonly Slowed[]): Promise<boolean>
  /** Forgets what this process knows about a network that was cleared. Other processes learn of it within `cacheMs`. */
  forget(poolId: string, network: string): void
}

/** Whether the pool counts failures over many users. */
const countsStuffing = (pool: Pool): boolean => usesThreatProtection(pool.addOns) && threatProtectionOf(pool).stuffing === 'SLOW_DOWN'

/** Whether the pool acts on what is counted. In the mode AUDIT, nothing is refused. */
export const slowsDown = (pool: Pool): boolean => countsStuffing(pool) && pool.addOns?.advancedSecurityMode === 'ENFORCED'

/** For how long a process may not know that another one has slowed a network down or cleared it. */
const cacheMs = 2000

/**
 * How many attempts a slowed network may make in a minute, over all processes. A sign-in by password is one attempt, a sign-in by SRP is two.
 * So an address tries three to six users a minute, and a user who is not known there can still sign in after some tries.
 */
const attemptsPerMinute: Readonly<Record<Network['kind'], number>> = { address: 6, network: 12 }

/** The action under which attempts of slowed networks are counted. */
export const slowedAction = 'slowed-sign-in'

type SlowedOfPool = {
  readonly poolId: string
  readonly levels: ReadonlyMap<string, number>
  /** Networks that made too many attempts. Further attempts are refused without a count, as long as this value is cached. */
  readonly exhausted: Set<string>
}

export type StuffingOptions = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock; readonly logger: Logger }

export function createStuffing({ db, secrets, clock, logger }: StuffingOptions): Stuffing {
  const slowedOfPools = createLoadCache<SlowedOfPool>({
    load: async (poolId) => ({ poolId, levels: await findLevels(db, poolId, clock.now()), exhausted: new Set() }),
    clock,
    lifetimeMilliseconds: cacheMs,
    maxEntries: 1000,
  })
  const dropCache = (poolId: string) => slowedOfPools.drop((cached) => cached.poolId === poolId)
  const tallies = createTallies({ db, clock, logger, whenSlowed: dropCache })

  async function isWithinLimit(poolId: string, { name, kind }: Slowed): Promise<boolean> {
    const exhausted = slowedOfPools.peek(poolId)?.exhausted
    if (exhausted?.has(name)) return false
    const key = { poolId, subject: name, action: slowedAction }
    const count = await countAttempt(db, key, { now: clock.now(), forgetAfterMs: minuteMs, since: 'first' })
    if (count <= attemptsPerMinute[kind]) return true
    exhausted?.add(name)
    return false
  }

  return {
    ...tallies,

    async count(pool, ip, outcome, username) {
      if (!countsStuffing(pool)) return
      await tallies.count(pool.id, networksOf(ip), outcome, userHash(secrets, pool.id, username))
    },

    async findSlowed(pool, ip) {
      if (!countsStuffing(pool)) return []
      const networks = networksOf(ip)
      if (networks.length === 0) return []
      const levels = (await slowedOfPools.get(pool.id).catch(ignoreUnavailable))?.levels
      return networks.flatMap((network) => {
        const level = levels?.get(network.name)
        return level === undefined ? [] : [{ ...network, level }]
      })
    },

    async takeAttempt(poolId, slowed) {
      for (const network of slowed) if (!(await isWithinLimit(poolId, network))) return false
      return true
    },

    forget(poolId, network) {
      tallies.forget(poolId, network)
      dropCache(poolId)
    },
  }
}

/**
 * 32 bits that stand for a name. The hash is keyed, so that an attacker can neither choose names with the same hash nor find the names of
 * stored hashes. Names that differ in case only count as one: one user may type a name in several ways.
 */
function userHash(secrets: Secrets, poolId: string, username: string): number {
  return secrets.mac('stuffing', poolId, username.normalize('NFKC').toLowerCase()).readUInt32BE()
}
