import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import type { Db, Tx } from '../storage/db.ts'
import type { KeyPairs } from './key-pairs.ts'
import { type KeyUse, newSigningKey, type PublicJwk, type SigningKey } from './signing-key.ts'
import {
  deleteSigningKeys,
  identityPoolKeys,
  insertSigningKeys,
  listSigningKeys,
  lockPoolKeys,
  retireSigningKeys,
} from './signing-key-repository.ts'

export { identityPoolKeys }

/** The signing keys of user pools, and those of all identity pools together, which belong to `identityPoolKeys` in place of a pool. */
export type SigningKeys = {
  /**
   * The key that signs the access tokens or the ID tokens (`use`) of the pool now. A pool's first keys are made when they are first used.
   */
  signer(poolId: string, use: KeyUse): Promise<SigningKey>
  /** The published keys of the pool, always from the database: another process may already sign with new keys. */
  published(poolId: string): Promise<PublicJwk[]>
  /**
   * The published key whose id is `kid`. Reads the database again before it returns undefined: another process may have rotated the keys.
   */
  find(poolId: string, kid: string): Promise<SigningKey | undefined>
  /**
   * Makes new keys, which sign from now on. What the old keys signed stays valid, unless `old` is `revoked`. `alongside` runs in the
   * transaction that replaces the keys.
   */
  rotate(poolId: string, old: OldKeys, alongside: (tx: Tx) => Promise<void>): Promise<void>
}

/** Whether the old keys stay in the JWK set or are revoked. Old keys are the current ones and those that were retired earlier. */
type OldKeys = 'published' | 'revoked'

/** How long a process that missed the notification of a change may go on signing with a retired key. */
const cacheMs = 10_000
const largestCache = 10_000

/** The channel that announces that a pool has other signing keys, by the pool's id. */
export const signingKeysChanged = 'signing_keys_changed'

type Deps = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly keyPairs: Pick<KeyPairs, 'take'>
  publish(channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: (poolId: string) => void, onGap: () => void): () => void
}

/** Caches the keys of each pool. `close` ends the subscription to changes by other processes. */
export function createSigningKeys(deps: Deps): SigningKeys & { close(): void } {
  const cache = new KeyCache(deps)
  const close = deps.subscribe(
    signingKeysChanged,
    (poolId) => cache.delete(poolId),
    () => cache.clear(),
  )

  return {
    async signer(poolId, use) {
      const key = (await cache.keysOf(poolId)).find((candidate) => candidate.use === use && candidate.retiredAt === null)
      if (key === undefined) throw new Error(`Pool ${poolId} has no key that signs ${use} tokens.`)
      return key
    },

    async published(poolId) {
      return (await cache.load(poolId)).toSorted(byPublicationOrder).map(({ publicJwk }) => publicJwk)
    },

    async find(poolId, kid) {
      const byId = (candidate: SigningKey) => candidate.kid === kid
      const known = (await cache.keysOf(poolId)).find(byId)
      return known ?? (await cache.load(poolId)).find(byId)
    },

    async rotate(poolId, old, alongside) {
      await replaceKeys(deps, poolId, old, alongside)
      cache.delete(poolId)
      // The change is committed, so a failed notification must not look like a failed rotation. Without the notification, the cached keys
      // of other processes expire after `cacheMs`.
      await deps.publish(signingKeysChanged, poolId).catch(() => undefined)
    },
    close,
  }
}

class KeyCache {
  readonly #deps: Deps
  readonly #keys = new Map<string, { readonly keys: readonly SigningKey[]; readonly readAt: number }>()
  readonly #loading = new Map<string, Promise<readonly SigningKey[]>>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  async keysOf(poolId: string): Promise<readonly SigningKey[]> {
    const cached = this.#keys.get(poolId)
    // The absolute value of the difference counts, so that cached keys expire even when the clock was set back.
    const isFresh = cached !== undefined && Math.abs(this.#deps.clock.now() - cached.readAt) < cacheMs
    return isFresh ? cached.keys : this.load(poolId)
  }

  /** Reads the database. Concurrent calls for one pool share one read. */
  load(poolId: string): Promise<readonly SigningKey[]> {
    const current = this.#loading.get(poolId)
    if (current !== undefined) return current
    const readAt = this.#deps.clock.now()
    const load = readOrMakeKeys(this.#deps, poolId).then((keys) => {
      // The result is not cached if `delete` or `clear` ran during the read: it may be outdated.
      if (this.#loading.get(poolId) === load) this.#set(poolId, { keys, readAt })
      return keys
    })
    const ended = () => {
      if (this.#loading.get(poolId) === load) this.#loading.delete(poolId)
    }
    load.then(ended, ended)
    this.#loading.set(poolId, load)
    return load
  }

  delete(poolId: string): void {
    this.#loading.delete(poolId)
    this.#keys.delete(poolId)
  }

  clear(): void {
    this.#loading.clear()
    this.#keys.clear()
  }

  #set(poolId: string, entry: { readonly keys: readonly SigningKey[]; readonly readAt: number }): void {
    if (this.#keys.size >= largestCache) this.#keys.clear()
    this.#keys.set(poolId, entry)
  }
}

/** Reads the pool's keys. If none of them signs, makes the first pair of keys. */
async function readOrMakeKeys(deps: Deps, poolId: string): Promise<readonly SigningKey[]> {
  const keys = await listSigningKeys(deps.db, deps.secrets, poolId)
  if (keys.some(isCurrent)) return keys
  await addKeys(deps, poolId, async (tx) => !(await listSigningKeys(tx, deps.secrets, poolId)).some(isCurrent))
  return listSigningKeys(deps.db, deps.secrets, poolId)
}

function replaceKeys(deps: Deps, poolId: string, old: OldKeys, alongside: (tx: Tx) => Promise<void>): Promise<void> {
  return addKeys(deps, poolId, async (tx) => {
    await (old === 'revoked' ? deleteSigningKeys(tx, poolId) : retireSigningKeys(tx, poolId, deps.clock.now()))
    await alongside(tx)
    return true
  })
}

/**
 * Adds a new pair of keys, or the one new key of identity pools, if `prepare` returns true. `prepare` runs while no other process can change the pool's keys.
 *
 * @throws ApiError ResourceNotFoundException when the pool was deleted.
 */
async function addKeys({ db, secrets, clock, keyPairs }: Deps, poolId: string, prepare: (tx: Tx) => Promise<boolean>): Promise<void> {
  const now = clock.now()
  const isOfIdentityPools = poolId === identityPoolKeys
  const alg = isOfIdentityPools ? 'RS512' : 'RS256'
  const uses: readonly KeyUse[] = isOfIdentityPools ? ['id'] : ['access', 'id']
  const keys = await Promise.all(uses.map(async (use) => newSigningKey({ poolId, use, alg }, await keyPairs.take(), now)))
  await db.transaction().execute(async (tx) => {
    if (!(await lockPoolKeys(tx, poolId))) throw new ApiError('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
    if (await prepare(tx)) await insertSigningKeys(tx, secrets, keys)
  })
}

const isCurrent = (key: SigningKey): boolean => key.retiredAt === null

/** Current keys come first, then the newest; the key of ID tokens comes before the key of access tokens, as at Cognito (reported). */
function byPublicationOrder(one: SigningKey, other: SigningKey): number {
  if (isCurrent(one) !== isCurrent(other)) return isCurrent(one) ? -1 : 1
  if (one.createdAt !== other.createdAt) return other.createdAt - one.createdAt
  return Number(one.use === 'access') - Number(other.use === 'access')
}
