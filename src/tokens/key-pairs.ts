import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

export type KeyPair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject }

/** Makes RSA-2048 key pairs, and keeps two ready: those of the next new pool. */
export type KeyPairs = {
  /** Gives a pair that is ready, or makes one. */
  take(): Promise<KeyPair>
  /** Begins to make the pairs that are kept ready. Returns at once. */
  fill(): void
  /** Makes no further pairs to keep, and resolves when the one that is being made is finished. */
  close(): Promise<void>
}

/** As many as a user pool has: one for its access tokens and one for its ID tokens. */
const mostReady = 2

const generate = promisify(generateKeyPair)

/** Makes a key pair. This takes 30 to 400 ms on the thread pool. */
export const newKeyPair = (): Promise<KeyPair> => generate('rsa', { modulusLength: 2048 })

export function createKeyPairs(): KeyPairs {
  const ready: KeyPair[] = []
  let filling: Promise<void> | undefined
  let isClosed = false

  /** Makes one pair at a time, so that requests find a free thread. */
  async function refill(): Promise<void> {
    while (ready.length < mostReady && !isClosed) ready.push(await newKeyPair())
  }

  function fill(): void {
    // An error is ignored here: `take` makes the pair then, and its caller gets the error.
    filling ??= refill()
      .catch(() => undefined)
      .finally(() => {
        filling = undefined
      })
  }

  return {
    async take() {
      const pair = ready.pop()
      if (!isClosed) fill()
      return pair ?? newKeyPair()
    },
    fill,
    async close() {
      isClosed = true
      await filling
    },
  }
}
