import { createWorkerPool } from '../../base/worker-pool.ts'

/** Computes keys of Argon2id, at the cost of `argon2Cost`, in worker threads. */
export type Argon2Keys = {
  /**
   * The key of 32 bytes for a password and a salt of 16 bytes. The computations of pools take turns. Undefined when the queue is full;
   * rejects with DisplacedError when the computation had to make room for that of another pool.
   */
  derive(poolId: string, password: string, salt: Buffer): Promise<Buffer> | undefined
  /** The number of computations that wait for a thread. */
  waiting(): number
  /** Ends the threads and rejects the waiting computations. */
  close(): Promise<void>
}

const entry = new URL('./argon2-worker.ts', import.meta.url)

/**
 * A computation takes tens of milliseconds, and 19 MiB. Hashes of other systems can take far longer, so they have threads and a queue of
 * their own. The threads start with the first computation.
 * @param options.workers how many threads at most
 * @param options.queueLimit how many computations may wait
 */
export function createArgon2Keys(options: { workers: number; queueLimit: number }): Argon2Keys {
  const pool = createWorkerPool({ ...options, entry })
  return {
    derive: (poolId, password, salt) =>
      pool.run(Buffer.concat([salt, Buffer.from(password)]), poolId)?.then((key) => Buffer.from(key.buffer, key.byteOffset, key.length)),
    waiting: pool.waiting,
    close: pool.close,
  }
}
