import { createWorkerPool } from '../../base/worker-pool.ts'
import type { HashCheck } from './check-imported-hash.ts'

/** Checks password hashes of other systems in worker threads. */
export type ImportedHashes = {
  /**
   * Whether the hash is a hash of the password. The checks of pools take turns. Undefined when the queue of checks is full; rejects with
   * DisplacedError when the check had to make room for that of another pool.
   */
  check(poolId: string, check: HashCheck): Promise<boolean> | undefined
  /** The number of checks that wait for a thread. */
  waiting(): number
  /** Ends the threads and rejects the waiting checks. */
  close(): Promise<void>
}

const entry = new URL('./imported-hash-worker.ts', import.meta.url)

/**
 * A check takes a hundred times as long as a check against an SRP verifier or more, and up to 128 MiB. So only a few checks run at the same time. The
 * threads start with the first check, because most servers have no imported hashes.
 * @param options.workers how many threads at most
 * @param options.queueLimit how many checks may wait
 */
export function createImportedHashes(options: { workers: number; queueLimit: number }): ImportedHashes {
  const pool = createWorkerPool({ ...options, entry })
  return {
    check: (poolId, check) => pool.run(Buffer.from(JSON.stringify(check)), poolId)?.then((reply) => reply[0] === 1),
    waiting: pool.waiting,
    close: pool.close,
  }
}
