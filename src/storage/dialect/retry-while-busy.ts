import { setTimeout as delay } from 'node:timers/promises'
import { isBusy } from './sqlite-handle.ts'

/**
 * Repeats `attempt` while another process holds the lock of the SQLite file, for at most `timeoutMs`. Unlike SQLite's own busy timeout,
 * this function does not block the thread.
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
