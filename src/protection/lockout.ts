import { ApiError } from '../contract/api-error.ts'
import { ignoreUnavailable } from '../storage/database-unavailable-error.ts'
import type { Db } from '../storage/db.ts'
import {
  type AttemptChange,
  type AttemptKey,
  countAttempt,
  countOnTopOf,
  deleteAttempts,
  findAttempts,
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

/** Runs what a request waits for without work of its own; see Admission in web/overload. */
export type WithoutSlot = <T>(work: () => Promise<T>) => Promise<T>

type Options = {
  readonly db: Db
  /** What is guessed; each has a count of its own. */
  readonly action: string
  /** How long after the latest failure the count begins anew. */
  readonly forgetAfterMs: number
  /** What somebody locked out is told. */
  readonly message: string
  /** How proofs wait for their turn. */
  readonly withoutSlot?: WithoutSlot | undefined
}

/**
 * Proofs for the same user run one after the other within this process, so that a burst of parallel guesses cannot slip
 * through between the look at the lock and the count. Other processes are kept out by the count itself: where there has been a failure, a
 * proof counts as one before it is judged, and locks as one. So of all that wait for the end of a lock, one guess is judged.
 */
export function createLockout(options: Options): Lockout {
  const { db, action, withoutSlot = (work) => work() } = options
  const running = new Map<string, Promise<unknown>>()

  return {
    async guard(poolId, subject, now, proof) {
      const name = `${poolId}/${subject}`
      const key = { poolId, subject, action }
      const before = running.get(name)
      const ready = before === undefined ? Promise.resolve() : withoutSlot(() => before.then(ignore, ignore))
      const turn = ready.then(() => prove(options, key, now, proof))
      running.set(name, turn)
      try {
        return await turn
      } finally {
        if (running.get(name) === turn) running.delete(name)
      }
    },
    clear: (poolId, subject) => deleteAttempts(db, { poolId, subject, action }),
  }
}

const ignore = () => undefined

type Proof<T> = () => Promise<ProofOutcome<T>>

async function prove<T>(options: Options, key: AttemptKey, now: number, proof: Proof<T>): Promise<ProofOutcome<T>> {
  const counted = await countAhead(options, key, now)
  if (counted === undefined) return proveFirst(options, key, now, proof)
  let outcome: ProofOutcome<T> | undefined
  try {
    outcome = await proof()
  } finally {
    // A proof that threw does not count, and one that was only a part leaves the count as it was.
    if (outcome === undefined || (outcome.proven && outcome.isPartial)) await takeBack(options.db, key, counted)
  }
  // What was proven may have been committed by the proof, a password set with a code, say.
  if (outcome.proven && !outcome.isPartial) await deleteAttempts(options.db, key).catch(ignoreUnavailable)
  return outcome
}

/** Without a write for a right proof. */
async function proveFirst<T>({ db, forgetAfterMs }: Options, key: AttemptKey, now: number, proof: Proof<T>): Promise<ProofOutcome<T>> {
  const outcome = await proof()
  if (outcome.proven) return outcome
  const failures = await countAttempt(db, key, { now, forgetAfterMs, since: 'latest' })
  if (failures >= freeFailures) await setLock(db, key, now + lockMs(failures))
  return outcome
}

/**
 * Counts a failure in advance. Undefined when there has been no failure lately: then nothing is counted yet. Throws NotAuthorizedException
 * while the user is locked, or when other processes are quicker each time.
 */
async function countAhead({ db, forgetAfterMs, message }: Options, key: AttemptKey, now: number): Promise<AttemptChange | undefined> {
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

const mostRounds = 10

function lockMs(failures: number): number {
  return Math.min(1000 * 2 ** (failures - freeFailures), longestLockMs)
}
