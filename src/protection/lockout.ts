import { ApiError } from '../contract/api-error.ts'
import type { Db } from '../storage/db.ts'
import {
  type AttemptChange,
  type AttemptKey,
  countAttempt,
  countOnTopOf,
  findAttempts,
  forgetAttempts,
  setLock,
  takeBack,
} from './attempt-repository.ts'

/** Cognito: from the fifth failure in a row, the n-th locks for 2^(n-5) seconds, at most about 15 minutes. */
const freeFailures = 5
const longestLockMs = 900_000

export type ProofOutcome<T> =
  | {
      readonly proven: true
      readonly value: T
      /** Whether there is more to prove: then the failures before it still count. */
      readonly isPartial?: boolean
    }
  | { readonly proven: false }

export type Lockout = {
  /**
   * Runs one proof for one user. Throws NotAuthorizedException while the user is locked; a failed proof counts, a successful one clears
   * the count, and one that throws does neither.
   */
  guard<T>(poolId: string, subject: string, now: number, prove: () => Promise<ProofOutcome<T>>): Promise<ProofOutcome<T>>
  /** Clears the count of a user who has proven everything in parts. */
  clear(poolId: string, subject: string): Promise<void>
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
 * through between the look at the lock and the count. Other processes are kept out by the count itself: where there has been a failure, a
 * proof counts as one before it is judged, and locks as one, so that of all who wait for the end of a lock one gets to guess.
 */
export function createLockout({ db, action, forgetAfterMs, message }: Options): Lockout {
  const running = new Map<string, Promise<unknown>>()

  async function prove<T>(key: AttemptKey, now: number, proof: () => Promise<ProofOutcome<T>>): Promise<ProofOutcome<T>> {
    const counted = await countAhead(key, now)
    if (counted === undefined) return proveFirst(key, now, proof)
    let outcome: ProofOutcome<T> | undefined
    try {
      outcome = await proof()
    } finally {
      // One that threw, or proved only a part, has not been there.
      if (outcome === undefined || (outcome.proven && outcome.isPartial)) await takeBack(db, key, counted)
    }
    if (outcome.proven && !outcome.isPartial) await forgetAttempts(db, key)
    return outcome
  }

  /** Without a write for those who are right. */
  async function proveFirst<T>(key: AttemptKey, now: number, proof: () => Promise<ProofOutcome<T>>): Promise<ProofOutcome<T>> {
    const outcome = await proof()
    if (outcome.proven) return outcome
    const failures = await countAttempt(db, key, { now, forgetAfterMs, since: 'latest' })
    if (failures >= freeFailures) await setLock(db, key, now + lockMs(failures))
    return outcome
  }

  /**
   * Counts a failure that may not come; undefined when there has been none lately, which needs no look at what others do. Throws
   * NotAuthorizedException while the user is locked, or when others are quicker each time.
   */
  async function countAhead(key: AttemptKey, now: number): Promise<AttemptChange | undefined> {
    for (let round = 0; round < mostRounds; round++) {
      const before = await findAttempts(db, key)
      if (before === undefined || before.updatedAt <= now - forgetAfterMs) return undefined
      if (before.lockedUntil > now) break
      const count = before.count + 1
      const lockedUntil = count >= freeFailures ? now + lockMs(count) : before.lockedUntil
      const change = { before, after: { count, lockedUntil, updatedAt: now } }
      if (await countOnTopOf(db, key, change)) return change
    }
    throw new ApiError('NotAuthorizedException', message)
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
    clear: (poolId, subject) => forgetAttempts(db, { poolId, subject, action }),
  }
}

const mostRounds = 10

function lockMs(failures: number): number {
  return Math.min(1000 * 2 ** (failures - freeFailures), longestLockMs)
}
