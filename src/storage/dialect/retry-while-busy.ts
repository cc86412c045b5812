import { setTimeout as delay } from 'node:timers/promises'
import { isBusy } from './sqlite-handle.ts'

/**
 * Tries again while another process holds the lock, for at most `timeoutMs`, without blocking this thread as SQLite's own
 * busy timeout would.
 */
export async function retryWhileBusy<T>(attempt: () => T, timeoutMs: number): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 20)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error
    }
    // Spread, so that several waiting processes do not return in step.
    await delay(pauseMs * (0.5 + Math.random()))
  }
}
