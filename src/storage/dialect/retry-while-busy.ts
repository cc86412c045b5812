import { setTimeout as delay } from 'node:timers/promises'
import { isBusy } from './sqlite-handle.ts'

/**
 * Repeats the attempt while another process holds the lock, for at most `timeoutMs`. Unlike SQLite's own busy timeout it does not block
 * this thread.
 */
export async function retryWhileBusy<T>(attempt: () => T, timeoutMs: number): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 20)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error
    }
    // Randomized, so that several waiting processes do not retry at the same moments.
    await delay(pauseMs * (0.5 + Math.random()))
  }
}
