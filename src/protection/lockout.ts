import { ApiError } from '../contract/api-error.ts'
import type { Db } from '../storage/db.ts'
import { type AttemptKey, countAttempt, findLock, forgetAttempts, setLock } from './attempt-repository.ts'

/** Cognito: from the fifth failure in a row, the n-th locks for 2^(n-5) seconds, at most about 15 minutes. */
const freeFailures = 5
const longestLockMs = 900_000

export type ProofOutcome<T> = { readonly proven: true; readonly value: T } | { readonly proven: false }

export type Lockout = {
  /**
   * Runs one proof for one user. Throws NotAuthorizedException while the user is locked; a failed proof counts, a successful one clears
   * the count, and one that throws does neither.
   */
  guard<T>(poolId: string, subject: string, now: number, prove: () => Promise<ProofOutcome<T>>): Promise<ProofOutcome<T>>
}

type Options = {
  readonly db: Db
  /** What is guessed; each has a count of its own. */
  readonly action: string
  /** How long after the latest failure the count begins anew. */
  readonly forgetAfterMs: number
  /** What somebody locked out is told. */
  readonly message: string
}

/**
 * Proofs for the same user run one after the other within this process, so that a burst of parallel guesses cannot slip
 * through between the look at the lock and the count.
 */
export function createLockout({ db, action, forgetAfterMs, message }: Options): Lockout {
  const running = new Map<string, Promise<unknown>>()

  async function prove<T>(key: AttemptKey, now: number, proof: () => Promise<ProofOutcome<T>>): Promise<ProofOutcome<T>> {
    const lockedUntil = await findLock(db, key)
    if (lockedUntil !== undefined && lockedUntil > now) throw new ApiError('NotAuthorizedException', message)
    const outcome = await proof()
    if (!outcome.proven) {
      const failures = await countAttempt(db, key, { now, forgetAfterMs, since: 'latest' })
      if (failures >= freeFailures) await setLock(db, key, now + lockMs(failures))
    } else if (lockedUntil !== undefined) {
      await forgetAttempts(db, key)
    }
    return outcome
  }

  return {
    async guard(poolId, subject, now, proof) {
      const name = `${poolId}/${subject}`
      const key = { poolId, subject, action }
      const turn = (running.get(name) ?? Promise.resolve()).then(
        () => prove(key, now, proof),
        () => prove(key, now, proof),
      )
      running.set(name, turn)
      try {
        return await turn
      } finally {
        if (running.get(name) === turn) running.delete(name)
      }
    },
  }
}

function lockMs(failures: number): number {
  return Math.min(1000 * 2 ** (failures - freeFailures), longestLockMs)
}
