import type { SigningKeys } from './signing-keys.ts'

/** Makes the first signing keys of a new pool in the background, so that the pool's first sign-in does not wait for them. */
export type KeysAhead = {
  /** Puts the pool into the queue of pools whose keys are made. Returns at once. */
  make(poolId: string): void
  /** Empties the queue, and resolves when the keys that are being made are finished. */
  close(): Promise<void>
}

/** The most pools in the queue. When the queue is full, a further pool gets its keys at their first use. */
const mostWaiting = 1000

/** Makes the keys of one pool at a time, so that requests that wait for keys of another pool find a free thread. */
export function createKeysAhead(signingKeys: Pick<SigningKeys, 'published'>): KeysAhead {
  const waiting: string[] = []
  let working: Promise<void> | undefined

  async function work(): Promise<void> {
    for (let poolId = waiting.shift(); poolId !== undefined; poolId = waiting.shift()) {
      // An error is ignored here, such as that the pool was deleted: the first request that needs the keys gets the error again.
      await signingKeys.published(poolId).catch(() => undefined)
    }
    working = undefined
  }

  return {
    make(poolId) {
      if (waiting.length >= mostWaiting) return
      waiting.push(poolId)
      working ??= work()
    },

    async close() {
      waiting.length = 0
      await working
    },
  }
}
