import { createHash, randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { minuteMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Pool } from '../../pools/pool.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import { networksOf } from './networks.ts'
import { type Slowed, type Stuffing, slowsDown } from './stuffing.ts'
import type { StuffingMetrics } from './stuffing-metrics.ts'

/** A task for a browser in a slowed network: find a number so that the SHA-256 of `seed:number` begins with so many zero bits. */
export type WorkTask = { readonly challenge: string; readonly seed: string; readonly bits: number }

/** The answer to a task, as the browser sent it. */
export type WorkProof = { readonly challenge: string; readonly solution: string }

/** Where a task is valid. */
export type WorkOwner = { readonly poolId: string; readonly clientId: string; readonly ip: string | undefined }

type Deps = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock }

/** The task as it is sealed. `n` is the caller's address or its /64 network: a browser may change its address within that network. */
type Sealed = { readonly v: 1; readonly id: string; readonly n: string; readonly b: number; readonly e: number }

/** A user may leave the page open for a while before typing the password. */
const lifetimeMs = 30 * minuteMs

/**
 * The zero bits at level 1; each further level adds one. A browser computes some 50,000 hashes a second: it needs half a second at level 1,
 * and some seconds at level 4. That is little for a user, and much for a program that tries a list of a million passwords.
 */
const bitsAtFirstLevel = 15

const bitsOf = (slowed: readonly Slowed[]): number => bitsAtFirstLevel - 1 + Math.max(...slowed.map(({ level }) => level))

const contextOf = ({ poolId, clientId }: WorkOwner): string => `${poolId} ${clientId}`

const networkOf = ({ ip }: WorkOwner): string | undefined => networksOf(ip)[0]?.name

/** What is hashed in place of the challenge. It is shorter, so that all of the input fits into one block of SHA-256. */
const seedOf = (challenge: string): string => createHash('sha256').update(challenge).digest('base64url')

type TaskDeps = Pick<Deps, 'secrets' | 'clock'> & {
  readonly stuffing: Pick<Stuffing, 'findSlowed'>
  readonly stuffingMetrics: StuffingMetrics
}

/** A new task for a caller whose network is slowed down. Nothing is stored for it. Undefined for all other callers. */
export async function findWorkTask(deps: TaskDeps, pool: Pool, owner: WorkOwner): Promise<WorkTask | undefined> {
  if (!slowsDown(pool)) return undefined
  const slowed = await deps.stuffing.findSlowed(pool, owner.ip)
  if (slowed.length === 0) return undefined
  const bits = bitsOf(slowed)
  const sealed: Sealed = { v: 1, id: randomUUID(), n: networkOf(owner) ?? '', b: bits, e: deps.clock.now() + lifetimeMs }
  const challenge = deps.secrets.seal('work-proof', JSON.stringify(sealed), contextOf(owner))
  deps.stuffingMetrics.countProof('asked')
  return { challenge, seed: seedOf(challenge), bits }
}

/**
 * Whether the work is done, and was not used before. The task must be of this pool, client and address, must not be expired, and must be as
 * hard as a task would be now: otherwise an attacker could collect easy tasks.
 */
export async function useWorkProof(deps: Deps, owner: WorkOwner, slowed: readonly Slowed[], proof: WorkProof): Promise<boolean> {
  if (proof.challenge.length > 1000 || !/^\d{1,16}$/.test(proof.solution)) return false
  const opened = deps.secrets.open('work-proof', proof.challenge, contextOf(owner))
  if (opened === undefined) return false
  const { id, n, b, e } = JSON.parse(opened.toString()) as Sealed
  if (n !== networkOf(owner) || b < bitsOf(slowed) || e <= deps.clock.now()) return false
  return zeroBitsOf(proof) >= b && consumeState(deps.db, id, e)
}

/** The number of zero bits at the beginning of the hash: 32 at most. */
function zeroBitsOf({ challenge, solution }: WorkProof): number {
  const hash = createHash('sha256')
    .update(`${seedOf(challenge)}:${solution}`)
    .digest()
  return Math.clz32(hash.readUInt32BE())
}
