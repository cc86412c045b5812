import { sweepAttempts } from './protection/attempt-repository.ts'
import { sweepSpentStates } from './storage/spent-state-repository.ts'
import type { Sweep } from './storage/sweeper.ts'
import { sweepSessions } from './tokens/session-repository.ts'
import { sweepRetiredKeys } from './tokens/signing-key-repository.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** What expires, and how long after. The margins cover clocks of other processes that are behind. */
export const sweeps: readonly Sweep[] = [
  { name: 'spent states', run: sweepSpentStates },
  // The longest memory of an attempt is the hour of the hourly limits.
  { name: 'attempts', run: (tx, now, batchSize) => sweepAttempts(tx, now - 2 * hourMs, batchSize) },
  { name: 'sessions', run: (tx, now, batchSize) => sweepSessions(tx, now - hourMs, batchSize) },
  // Tokens live for a day at most; a key is published for as long as one that it signed may be shown.
  { name: 'retired signing keys', run: (tx, now, batchSize) => sweepRetiredKeys(tx, now - 2 * dayMs, batchSize) },
]
