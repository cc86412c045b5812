import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import { findHistory } from '../protection/risk/history-repository.ts'
import { networksOf } from '../protection/stuffing/networks.ts'
import { type Slowed, type Stuffing, slowsDown } from '../protection/stuffing/stuffing.ts'
import type { StuffingMetrics } from '../protection/stuffing/stuffing-metrics.ts'
import { useWorkProof } from '../protection/stuffing/work-proof.ts'
import type { Db } from '../storage/db.ts'
import { decoySub } from '../users/decoy.ts'
import { findDevice } from '../users/devices/device-repository.ts'
import { findUser, findUserByName } from '../users/user-repository.ts'
import type { SignInContext } from './sign-in.ts'
import { WrongProof } from './sign-in-errors.ts'

export type SlowDownDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly stuffing: Stuffing
  readonly stuffingMetrics: StuffingMetrics
}

type Attempt = {
  /** What the client sent as USERNAME. Undefined where the first proof names the user. */
  readonly username: string | undefined
  /** Whether the call may bring a password, or may show whether a name is known. Other calls are not slowed down. */
  readonly isGuess: boolean
}

/**
 * Runs a step of a sign-in. From a network that is slowed down, only a few guesses a minute are checked; further ones are refused before
 * they are checked, and do not count for the lock of the user. Counts how the step ended for the networks of the caller.
 *
 * @throws ApiError TooManyRequestsException when the caller's network is slowed down and has made too many attempts.
 */
export async function slowingDown<Result extends { readonly kind: string }>(
  deps: SlowDownDeps,
  context: SignInContext,
  { username, isGuess }: Attempt,
  step: () => Promise<Result>,
): Promise<Result> {
  const { pool, isServersIp = false } = context
  const ip = isServersIp ? undefined : context.ip
  if (isGuess && username) await requireAttempt(deps, context, ip, username)
  try {
    const result = await step()
    if (result.kind === 'signed-in' && username) await deps.stuffing.count(pool, ip, 'passed', username)
    return result
  } catch (error) {
    if (isGuess && username && isWrongGuess(error)) await deps.stuffing.count(pool, ip, 'failed', username)
    throw error
  }
}

const isWrongGuess = (error: unknown): boolean =>
  error instanceof WrongProof || (error instanceof ApiError && error.code === 'UserNotFoundException')

async function requireAttempt(deps: SlowDownDeps, context: SignInContext, ip: string | undefined, username: string): Promise<void> {
  const { pool, client, workProof } = context
  if (!slowsDown(pool)) return
  const slowed = await deps.stuffing.findSlowed(pool, ip)
  if (slowed.length === 0) return
  if (workProof !== undefined) {
    const isDone = await useWorkProof(deps, { poolId: pool.id, clientId: client.id, ip }, slowed, workProof)
    deps.stuffingMetrics.countProof(isDone ? 'solved' : 'refused')
    if (isDone) return
  }
  const outcome = await outcomeOf(deps, context, slowed, username)
  deps.stuffingMetrics.countAttempt(outcome)
  if (outcome === 'refused') throw tooManyFromNetwork()
}

async function outcomeOf(
  deps: SlowDownDeps,
  context: SignInContext,
  slowed: readonly Slowed[],
  username: string,
): Promise<'allowed' | 'known' | 'refused'> {
  if (await deps.stuffing.takeAttempt(context.pool.id, slowed)) return 'allowed'
  return (await isKnownHere(deps, context, slowed, username)) ? 'known' : 'refused'
}

/** The refusal of an attempt from a slowed network. */
const tooManyFromNetwork = () => new ApiError('TooManyRequestsException', 'Too many sign-ins from this network failed.')

/**
 * Whether the user of this name uses a device that the user has, or has signed in from the slowed networks before. Such users are let
 * through, so that an attacker in their network does not lock them out. Takes as long for an unknown name.
 */
async function isKnownHere(
  { db, clock, secrets }: SlowDownDeps,
  { pool, deviceKey, keptDevices }: SignInContext,
  slowed: readonly Slowed[],
  username: string,
): Promise<boolean> {
  const byName = await findUserByName(db, pool, username)
  const bySub = await findUser(db, pool.id, username)
  const sub = (byName ?? bySub)?.sub ?? decoySub(secrets, pool, username, clock.now())
  const isOnDevice = deviceKey !== undefined && (await findDevice(db, { poolId: pool.id, sub, key: deviceKey })) !== undefined
  const history = await findHistory(db, pool.id, sub)
  const isFromHere = history.some(({ traits }) => {
    const names = networksOf(traits.ip).map(({ name }) => name)
    return slowed.every(({ name }) => names.includes(name))
  })
  return isOnDevice || isFromHere || keptDevices?.some((device) => device.sub === sub) === true
}
