import { createWorkerPool } from '../../base/worker-pool.ts'
import type { HashQuestion } from './check-imported-hash.ts'

/** Checks hashes that other systems made, off the event loop. */
export type ImportedHashes = {
  /** Undefined when too many wait already. */
  check(question: HashQuestion): Promise<boolean> | undefined
  /** Ends the threads; what waits is rejected. */
  close(): Promise<void>
}

/** The compiler rewrites the extensions of imports but not of addresses: this module's own tells whether it was compiled. */
const entry = import.meta.url.endsWith('.ts')
  ? new URL('./imported-hash-worker.ts', import.meta.url)
  : new URL('./imported-hash-worker.js', import.meta.url)

/**
 * A hash takes a hundred times as long as an SRP verifier, and up to 64 MB, so that few are in work at once. The threads start with
 * the first one: most servers never see any.
 * @param options.workers how many threads at most
 * @param options.queueLimit how many checks may wait
 */
export function createImportedHashes(options: { workers: number; queueLimit: number }): ImportedHashes {
  const pool = createWorkerPool({ ...options, entry })
  return {
    check: (question) => pool.run(Buffer.from(JSON.stringify(question)))?.then((reply) => reply[0] === 1),
    close: pool.close,
  }
}
