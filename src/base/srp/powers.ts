import { createWorkerPool } from '../worker-pool.ts'
import { createFixedBase } from './fixed-base.ts'
import { modulus, modulusBytes, multiplier, toFixedBytes, toInteger } from './group.ts'
import { packSharedSecret, type SharedSecretInput } from './shared-secret.ts'
import { createSlicedQueue } from './sliced-queue.ts'

/** Too many powers wait already; whoever asked should be told to try again later. */
export class PowersBusyError extends Error {
  override readonly name = 'PowersBusyError'
}

/**
 * The modular powers of SRP, which are what a sign-in costs. All integers are big-endian bytes. Each method rejects with
 * PowersBusyError when its queue is full, with another error when the work was lost (a thread died, the powers were closed).
 */
export type SrpPowers = {
  /** v = g^x mod N as 384 bytes; x has at most 32. */
  verifier(x: Uint8Array): Promise<Buffer>
  /**
   * B = k·v + g^b mod N as 384 bytes; b has at most 32. With sign −1 it is k·v − g^b, whose S is ± that of the other
   * (see openExchange for why).
   */
  publicB(verifier: Uint8Array, b: Uint8Array, sign: 1 | -1): Promise<Buffer>
  /** S = (A · v^u)^b mod N as 384 bytes. */
  sharedSecret(input: SharedSecretInput): Promise<Buffer>
  /** About how many milliseconds an S that is asked for now would wait for a thread. */
  delay(): number
  /** Resolves once the table of the fixed base is there (some 40 ms of work in small slices), so that no request waits for it. */
  warmUp(): Promise<void>
  /** Rejects what waits and ends the threads. */
  close(): Promise<void>
}

/**
 * Powers of g run on the main thread: they take 0.13 ms, of which handing them to a thread and back would add a tenth.
 * The two general powers of S take 1 ms and run in worker threads, which start with the first S.
 *
 * @param options.workers how many threads at most
 * @param options.queueLimit how many powers of g, and how many S, may wait
 */
export function createSrpPowers(options: { workers: number; queueLimit: number }): SrpPowers {
  const fixedBase = createFixedBase()
  const queue = createSlicedQueue({ prepare: fixedBase.prepareRow, queueLimit: options.queueLimit })
  const pool = createWorkerPool({ ...options, entry: workerEntry })

  return {
    verifier: (x) => orBusy(queue.run(() => toFixedBytes(fixedBase.power(x)))),

    publicB: (verifier, b, sign) =>
      orBusy(
        queue.run(() => {
          const sum = multiplier * toInteger(verifier) + (sign === 1 ? fixedBase.power(b) : modulus - fixedBase.power(b))
          return toFixedBytes(sum % modulus)
        }),
      ),

    async sharedSecret(input) {
      const secret = await orBusy(pool.run(packSharedSecret(input)))
      return Buffer.from(secret.buffer, secret.byteOffset, modulusBytes)
    },

    delay: () => pool.backlog() * sharedSecretMs,

    warmUp: () => orBusy(queue.run(() => undefined)),

    async close() {
      queue.close()
      await pool.close()
    },
  }
}

/** What the two powers of S take on a processor of today. */
const sharedSecretMs = 1.2

/** The compiler rewrites the extensions of imports but not of addresses: this module's own tells whether it was compiled. */
const workerEntry = import.meta.url.endsWith('.ts')
  ? new URL('./powers-worker.ts', import.meta.url)
  : new URL('./powers-worker.js', import.meta.url)

function orBusy<T>(outcome: Promise<T> | undefined): Promise<T> {
  return outcome ?? Promise.reject(new PowersBusyError('Too many modular powers wait to be computed.'))
}
