import { ApiError } from '../contract/api-error.ts'
import { ignoreUnavailable } from '../storage/database-unavailable-error.ts'
import type { Db } from '../storage/db.ts'
import {
  type AttemptChange,
  type AttemptKey,
  countAttempt,
  deleteAttempts,
  findAttempts,
  replaceAttempts,
  setLock,
  undoAttempt,
} from './attempt-repository.ts'

/** The number of failures in a row that locks the user. As at Cognito, the n-th failure locks for 2^(n-5) seconds, at most 15 minutes. */
const freeFailures = 5
const longestLockMs = 900_000

export type ProofOutcome<T> =
  | {
      readonly proven: true
      readonly value: T
      /** Whether the user has to prove more after this right answer. Then the earlier failures still count. */
      readonly isPartial?: boolean
    }
  | { readonly proven: false }

export type Lockout = {
  /**
   * Runs `prove`, which checks one answer of one user. A wrong answer (`proven: false`) adds one to the user's count of failures. A right
   * answer clears the count. But a right answer after which the user has to prove more (`isPartial`) does not change the count, and neither
   * does an error.
   * @throws ApiError NotAuthorizedException while the user is locked.
   */
  guard<T>(poolId: string, subject: string, now: number, prove: () => Promise<ProofOutcome<T>>): Promise<ProofOutcome<T>>
  /** Clears the count of a user whose right answers were partial (`isPartial`), once the user has proven everything. */
  clear(poolId: string, subject: string): Promise<void>
}

/** Runs `work` while the request only waits for it. Meanwhile the request does not occupy its slot; see Admission in web/overload. */
export type WithoutSlot = <T>(work: () => Promise<T>) => Promise<T>

/** What a lock keeps a user from trying. */
export type LockedAction = 'password' | 'sign-in-code' | 'device-step'

type LockoutOptions = {
  readonly db: Db
  /** What an attacker could guess. Each action has a count of failures of its own. */
  readonly action: LockedAction
  /** How long after the latest failure the count of failures begins anew. */
  readonly forgetAfterMs: number
  /** The text of the error while the user is locked. */
  readonly message: string
  /**
   * Frees the slot of the request while it waits for the check of an earlier answer of the same user. Undefined: the request keeps its slot
   * meanwhile.
   */
  readonly withoutSlot?: WithoutSlot | undefined
  /** Called for each answer that is refused because of the lock. */
  readonly countLocked?: CountLocked | undefined
}

export type CountLocked = (action: LockedAction) => void

/**
 * Creates the lock-out for one action. Within this process, the answers of one user are checked one after the other. So a burst of parallel
 * guesses cannot pass between the check of the lock and the count. Between processes the count itself prevents that: after a first failure,
 * an answer counts and locks as a failure before it is checked. So of all guesses that wait for the end of a lock, only one is checked.
 */
export function createLockout(options: LockoutOptions): Lockout {
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

async function prove<T>(options: LockoutOptions, key: AttemptKey, now: number, proof: Proof<T>): Promise<ProofOutcome<T>> {
  const counted = await countAhead(options, key, now)
  if (counted === undefined) return proveFirst(options, key, now, proof)
  let outcome: ProofOutcome<T> | undefined
  try {
    outcome = await proof()
  } finally {
    // Takes back the failure that was counted ahead, when `proof` threw an error or the user has to prove more. A wrong answer does not
    // throw: its outcome is `proven: false`, and it stays counted.
    if (outcome === undefined || (outcome.proven && outcome.isPartial)) await undoAttempt(options.db, key, counted)
  }
  // `proof` may have committed something already, such as a password that was set with a code. So an error here must not fail the call.
  if (outcome.proven && !outcome.isPartial) await deleteAttempts(options.db, key).catch(ignoreUnavailable)
  return outcome
}

/** Checks an answer of a user without recent failures. A right answer does not change the count. */
async function proveFirst<T>(
  { db, forgetAfterMs }: LockoutOptions,
  key: AttemptKey,
  now: number,
  proof: Proof<T>,
): Promise<ProofOutcome<T>> {
  const outcome = await proof()
  if (outcome.proven) return outcome
  const failures = await countAttempt(db, key, { now, forgetAfterMs, since: 'latest' })
  if (failures >= freeFailures) await setLock(db, key, now + lockMs(failures))
  return outcome
}

/**
 * Counts the answer as a failure before it is checked. When there is no recent failure, counts nothing and returns undefined.
 * @throws ApiError NotAuthorizedException while the user is locked, or when other processes changed the count first in every round.
 */
async function countAhead(
  { db, action, forgetAfterMs, message, countLocked }: LockoutOptions,
  key: AttemptKey,
  now: number,
): Promise<AttemptChange | undefined> {
  for (let round = 0; round < maxRounds; round++) {
    const before = await findAttempts(db, key)
    if (before === undefined || before.updatedAt <= now - forgetAfterMs) return undefined
    if (before.lockedUntil > now) break
    const count = before.count + 1
    const lockedUntil = count >= freeFailures ? now + lockMs(count) : before.lockedUntil
    const change = { before, after: { count, lockedUntil, updatedAt: now } }
    if (await replaceAttempts(db, key, change)) return change
  }
  countLocked?.(action)
  throw new ApiError('NotAuthorizedException', message)
}

const maxRounds = 10

function lockMs(failures: number): number {
  return Math.min(1000 * 2 ** (failures - freeFailures), longestLockMs)
}
