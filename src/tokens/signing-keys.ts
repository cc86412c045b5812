import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import type { Db, Tx } from '../storage/db.ts'
import { type KeyUse, newSigningKey, type PublicJwk, type SigningKey } from './signing-key.ts'
import { deleteSigningKeys, insertSigningKeys, listSigningKeys, lockPoolKeys, retireSigningKeys } from './signing-key-repository.ts'

export type SigningKeys = {
  /** The key that signs now; made at its first use. */
  signer(poolId: string, use: KeyUse): Promise<SigningKey>
  /** The published keys of the pool, straight from the database: another process may be signing with new ones already. */
  published(poolId: string): Promise<PublicJwk[]>
  /** The published key with that id; asks the database again before it says no, because another process may have rotated. */
  find(poolId: string, kid: string): Promise<SigningKey | undefined>
  /**
   * New keys sign from now on. The old ones stay published, or are revoked: what they signed is worth nothing any more. `alongside` is done
   * in the same transaction.
   */
  rotate(poolId: string, old: OldKeys, alongside: (tx: Tx) => Promise<void>): Promise<void>
}

/** Whether the old keys stay in the key set or are revoked. Old are the current keys and those retired earlier. */
type OldKeys = 'published' | 'revoked'

/** How long a process that missed the news may go on signing with a key that another process has retired. */
const cacheMs = 10_000
const largestCache = 10_000

const channel = 'signing_keys_changed'

type Deps = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  publish(channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: (poolId: string) => void, onGap: () => void): () => void
}

/** `close` ends the subscription. */
export function createSigningKeys(deps: Deps): SigningKeys & { close(): void } {
  const cache = new KeyCache(deps)
  const close = deps.subscribe(
    channel,
    (poolId) => cache.forget(poolId),
    () => cache.clear(),
  )

  return {
    async signer(poolId, use) {
      const key = (await cache.keysOf(poolId)).find((candidate) => candidate.use === use && candidate.retiredAt === null)
      if (key === undefined) throw new Error(`Pool ${poolId} has no key to sign ${use} tokens.`)
      return key
    },

    async published(poolId) {
      return (await cache.load(poolId)).toSorted(inOrderOfPublication).map(({ publicJwk }) => publicJwk)
    },

    async find(poolId, kid) {
      const byId = (candidate: SigningKey) => candidate.kid === kid
      const known = (await cache.keysOf(poolId)).find(byId)
      return known ?? (await cache.load(poolId)).find(byId)
    },

    async rotate(poolId, old, alongside) {
      await replaceKeys(deps, poolId, old, alongside)
      cache.forget(poolId)
      // The change is committed, and nothing that fails now may look as if it were not: a process that misses the news finds out by itself.
      await deps.publish(channel, poolId).catch(() => undefined)
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
    // However far the clock was set back.
    const isFresh = cached !== undefined && Math.abs(this.#deps.clock.now() - cached.readAt) < cacheMs
    return isFresh ? cached.keys : this.load(poolId)
  }

  /** From the database, one load a pool at a time. */
  load(poolId: string): Promise<readonly SigningKey[]> {
    const current = this.#loading.get(poolId)
    if (current !== undefined) return current
    const readAt = this.#deps.clock.now()
    const load = readOrMakeKeys(this.#deps, poolId).then((keys) => {
      // What was read before the keys changed is not remembered.
      if (this.#loading.get(poolId) === load) this.#remember(poolId, { keys, readAt })
      return keys
    })
    const ended = () => {
      if (this.#loading.get(poolId) === load) this.#loading.delete(poolId)
    }
    load.then(ended, ended)
    this.#loading.set(poolId, load)
    return load
  }

  forget(poolId: string): void {
    this.#loading.delete(poolId)
    this.#keys.delete(poolId)
  }

  clear(): void {
    this.#loading.clear()
    this.#keys.clear()
  }

  #remember(poolId: string, entry: { readonly keys: readonly SigningKey[]; readonly readAt: number }): void {
    if (this.#keys.size >= largestCache) this.#keys.clear()
    this.#keys.set(poolId, entry)
  }
}

/** A pool's first keys are made when they are first asked for. */
async function readOrMakeKeys(deps: Deps, poolId: string): Promise<readonly SigningKey[]> {
  const keys = await listSigningKeys(deps.db, deps.secrets, poolId)
  if (keys.some(signs)) return keys
  await addKeys(deps, poolId, async (tx) => !(await listSigningKeys(tx, deps.secrets, poolId)).some(signs))
  return listSigningKeys(deps.db, deps.secrets, poolId)
}

function replaceKeys(deps: Deps, poolId: string, old: OldKeys, alongside: (tx: Tx) => Promise<void>): Promise<void> {
  return addKeys(deps, poolId, async (tx) => {
    await (old === 'revoked' ? deleteSigningKeys(tx, poolId) : retireSigningKeys(tx, poolId, deps.clock.now()))
    await alongside(tx)
    return true
  })
}

/** Adds keys that sign if `makeRoom` says so, which is asked while no other process can change the pool's keys. */
async function addKeys({ db, secrets, clock }: Deps, poolId: string, makeRoom: (tx: Tx) => Promise<boolean>): Promise<void> {
  const now = clock.now()
  const keys = await Promise.all([newSigningKey(poolId, 'access', now), newSigningKey(poolId, 'id', now)])
  await db.transaction().execute(async (tx) => {
    if (!(await lockPoolKeys(tx, poolId))) throw new ApiError('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
    if (await makeRoom(tx)) await insertSigningKeys(tx, secrets, keys)
  })
}

const signs = (key: SigningKey): boolean => key.retiredAt === null

/** Keys that sign come first, then the newest; the key of ID tokens before that of access tokens, as at Cognito (reported). */
function inOrderOfPublication(one: SigningKey, other: SigningKey): number {
  if (signs(one) !== signs(other)) return signs(one) ? -1 : 1
  if (one.createdAt !== other.createdAt) return other.createdAt - one.createdAt
  return Number(one.use === 'access') - Number(other.use === 'access')
}
