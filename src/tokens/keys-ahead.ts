import type { SigningKeys } from './signing-keys.ts'

/** Makes the first keys of new pools, so that no first sign-in waits for them. */
export type KeysAhead = {
  /** Returns at once; the keys are made in the background. */
  make(poolId: string): void
  /** Begins nothing more, and resolves when nothing is under way. */
  close(): Promise<void>
}

/** Pools past it get their keys at their first use, as they would without this. */
const mostWaiting = 1000

/** One pool after the other, so that requests that wait for keys find a free thread. */
export function createKeysAhead(signingKeys: Pick<SigningKeys, 'published'>): KeysAhead {
  const waiting: string[] = []
  let working: Promise<void> | undefined

  async function work(): Promise<void> {
    for (let poolId = waiting.shift(); poolId !== undefined; poolId = waiting.shift()) {
      // Whatever is in the way (the pool is deleted again, say) is told to the first who needs the keys.
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
