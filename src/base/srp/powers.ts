import { createWorkerPool } from '../worker-pool.ts'
import { createFixedBase } from './fixed-base.ts'
import { modulus, modulusBytes, multiplier, toFixedBytes, toInteger } from './group.ts'
import { packSharedSecret, type SharedSecretInput } from './shared-secret.ts'
import { createSlicedQueue } from './sliced-queue.ts'

/** Too many modular exponentiations are waiting. Tell the client to try again later. */
export class PowersBusyError extends Error {
  override readonly name = 'PowersBusyError'
}

/**
 * The modular exponentiations of SRP ("powers" in names), which are the main cost of a sign-in. All integers are big-endian bytes. Each
 * method rejects with PowersBusyError when its queue is full, and with another error when a thread ended or the powers were closed.
 */
export type SrpPowers = {
  /** v = g^x mod N as 384 bytes; x has at most 32 bytes. */
  verifier(x: Uint8Array): Promise<Buffer>
  /**
   * B = k·v + g^b mod N as 384 bytes; b has at most 32 bytes. With sign −1, B is k·v − g^b mod N. Then the client's S is ours or −S
   * (see openExchange for the reason).
   */
  publicB(verifier: Uint8Array, b: Uint8Array, sign: 1 | -1): Promise<Buffer>
  /** S = (A · v^u)^b mod N as 384 bytes. */
  sharedSecret(input: SharedSecretInput): Promise<Buffer>
  /** Roughly how many milliseconds a new call of `sharedSecret` would wait for a thread. */
  delay(): number
  /** How many exponentiations of g (`fixedBase`), and how many computations of S (`sharedSecret`), are waiting. */
  waiting(): { readonly fixedBase: number; readonly sharedSecret: number }
  /** Computes the table of powers of g (about 40 ms in small slices), so that no request has to wait for it. */
  warmUp(): Promise<void>
  /** Rejects waiting calls and ends the threads. */
  close(): Promise<void>
}

/** One table for all servers of a process: it depends on nothing but the group. */
const fixedBase = createFixedBase()

/**
 * Exponentiations of g run on the main thread: they take 0.13 ms, and a worker thread would add a tenth to that. The two
 * exponentiations for S take about 1 ms together. They run in worker threads, which start when S is first computed.
 *
 * @param options.workers how many threads at most
 * @param options.queueLimit how many exponentiations of g, and how many computations of S, may wait
 */
export function createSrpPowers(options: { workers: number; queueLimit: number }): SrpPowers {
  const queue = createSlicedQueue({ prepare: fixedBase.prepareRow, queueLimit: options.queueLimit })
  const pool = createWorkerPool({ ...options, entry: workerEntry })

  return {
    verifier: (x) => orReject(queue.run(() => toFixedBytes(fixedBase.power(x)))),

    publicB: (verifier, b, sign) =>
      orReject(
        queue.run(() => {
          const sum = multiplier * toInteger(verifier) + (sign === 1 ? fixedBase.power(b) : modulus - fixedBase.power(b))
          return toFixedBytes(sum % modulus)
        }),
      ),

    async sharedSecret(input) {
      const secret = await orReject(pool.run(packSharedSecret(input)))
      return Buffer.from(secret.buffer, secret.byteOffset, modulusBytes)
    },

    delay: () => pool.backlog() * sharedSecretMs,

    waiting: () => ({ fixedBase: queue.waiting(), sharedSecret: pool.waiting() }),

    warmUp: () => orReject(queue.run(() => undefined)),

    async close() {
      queue.close()
      await pool.close()
    },
  }
}

/** Milliseconds that a computation of S takes on a current processor. */
const sharedSecretMs = 1.2

const workerEntry = new URL('./powers-worker.ts', import.meta.url)

/** Rejects with PowersBusyError when `outcome` is undefined, which means that the queue is full. */
function orReject<T>(outcome: Promise<T> | undefined): Promise<T> {
  return outcome ?? Promise.reject(new PowersBusyError('Too many modular exponentiations are waiting.'))
}
