import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import type { Clock } from '../../base/clock.ts'
import { createFairLimit, NoTurnError } from '../../base/fair-limit.ts'
import { inTime } from '../../base/in-time.ts'
import { OutboundError } from '../../base/outbound-http.ts'
import type { Secrets } from '../../base/secrets.ts'
import { type FormerPool, type MaySign, openClientSecret } from '../../pools/extensions/former-pool.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import { type Pool, regionOf } from '../../pools/pool.ts'
import { secretHash } from '../../pools/secret-hash.ts'
import type { Db } from '../../storage/db.ts'
import { answerOf, answerOfError, type FormerAnswer, rightBy } from './former-answer.ts'
import { noteFailure } from './former-failure-repository.ts'
import type { ShownUser } from './former-user.ts'
import { guardedHandler } from './guarded-handler.ts'
import { createPause } from './pause.ts'

/** Counts a call of a former pool by its result. */
export type CountFormerPoolCall = (result: string) => void

/** Asks the former pools of pools. Each call has a deadline, and a former pool that does not answer is left alone for a while. */
export type FormerPools = {
  /** Whether the pool has a former pool that is still asked. */
  isAsked(pool: Pool): boolean
  /** Asks whether the password is the user's there. Never throws. */
  checkPassword(pool: Pool, username: string, password: string): Promise<FormerAnswer>
  /** Passes on the code of an authenticator app, which only the former pool can check. Never throws. */
  checkCode(pool: Pool, question: FormerQuestion, code: string): Promise<FormerAnswer>
  /**
   * The user as the former pool shows them: by the access token of a sign-in, or else by a signed call. Undefined when there is no such
   * user, when the pool's settings allow no signed calls, or when the former pool does not answer.
   */
  findUser(pool: Pool, username: string, accessToken?: string): Promise<ShownUser | undefined>
}

/** The challenge SOFTWARE_TOKEN_MFA of the former pool, as it is answered there. */
export type FormerQuestion = { readonly session: string; readonly username: string }

export type FormerPoolsOptions = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  isPrivateAllowed(url: URL): boolean
  readonly maySignFormerCalls: MaySign
  readonly count: CountFormerPoolCall
  /** Frees the slot of the request while it waits for the former pool. */
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

type Sdk = typeof import('@aws-sdk/client-cognito-identity-provider')
type Connection = { readonly client: CognitoIdentityProviderClient; readonly sdk: Sdk }
type Caller = { readonly former: FormerPool } & Connection

const timeoutMs = 5_000
const maxResponseBytes = 262_144
/**
 * The calls of a process. Those beyond the limits wait, and the pools take turns, so that a slow former pool does not hold up the sign-ins of
 * other pools.
 */
const callLimit = { atOnce: { all: 256, perGroup: 32 }, waiting: 1024, longestWaitMs: 5_000 }
const maxConnections = 100

type Work = (caller: Caller) => Promise<FormerAnswer>

export function createFormerPools(options: FormerPoolsOptions): FormerPools {
  const { db, clock, secrets, count } = options
  const callFormer = createCaller(options)
  const formerOf = (pool: Pool) => formerPoolAt(pool, clock.now())

  async function call(pool: Pool, work: Work): Promise<FormerAnswer> {
    const former = formerOf(pool)
    const answer = former === undefined ? failed('paused') : await callFormer(pool, former, work)
    count(answer.kind === 'failed' ? answer.failure : answer.kind)
    if (answer.kind === 'failed') await noteFailure(db, pool.id, { failure: answer.failure, at: clock.now() })
    return answer
  }

  return {
    isAsked: (pool) => formerOf(pool) !== undefined,

    checkPassword: (pool, username, password) =>
      call(pool, async (caller) => {
        const parameters = { USERNAME: username, PASSWORD: password }
        return answerOf(await signIn(caller, { ...parameters, ...secretHashOf(secrets, pool, caller.former, username) }))
      }),

    checkCode: (pool, { session, username }, code) =>
      call(pool, async (caller) => {
        const responses = { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: code }
        return answerOf(await sendCode(caller, session, { ...responses, ...secretHashOf(secrets, pool, caller.former, username) }))
      }),

    async findUser(pool, username, accessToken) {
      let found: ShownUser | undefined
      await call(pool, async (caller) => {
        found = await readUser(caller, username, accessToken)
        return found === undefined ? { kind: 'unknown' } : rightBy(undefined)
      })
      return found
    },
  }
}

/** Makes the calls within the limits, unless a former pool is left alone. */
function createCaller(options: FormerPoolsOptions) {
  const { clock, withoutSlot, maySignFormerCalls } = options
  const connect = rememberConnections(options)
  const pause = createPause(clock)
  const limit = createFairLimit(callLimit)

  return async (pool: Pool, former: FormerPool, work: Work): Promise<FormerAnswer> => {
    const ask = async () => {
      // The settings of the server may have changed since, and a restored pool brings an endpoint along.
      if (former.flow === 'ADMIN_USER_PASSWORD_AUTH' && !maySignFormerCalls(former)) return failed('refused')
      if (!pause.mayCall(pool.id)) return failed('paused')
      const connection = await connect(former)
      // The deadline of the requests does not cover the search for AWS credentials, so the whole call has one too.
      const answer = await inTime(work({ former, ...connection }), timeoutMs, tooLate).catch(answerOfError)
      pause.note(pool.id, answer.kind !== 'failed' || answer.failure === 'throttled' || answer.failure === 'refused')
      return answer
    }
    return withoutSlot(() => limit.run(pool.id, ask)).catch((error) => {
      if (error instanceof NoTurnError) return failed('busy')
      throw error
    })
  }
}

function tooLate(): never {
  throw new OutboundError('timeout', `no answer within ${timeoutMs} ms`)
}

/** The former pool, as long as it is asked. */
function formerPoolAt(pool: Pool, now: number): FormerPool | undefined {
  const { formerPool } = extensionsOf(pool)
  return formerPool !== undefined && now < formerPool.until ? formerPool : undefined
}

const failed = (failure: 'paused' | 'busy' | 'refused'): FormerAnswer => ({ kind: 'failed', failure })

/** The connections to former pools, so that their keep-alive connections are used again. */
function rememberConnections(options: FormerPoolsOptions): (former: FormerPool) => Promise<Connection> {
  const connections = new Map<string, Promise<Connection>>()
  return (former) => {
    const key = JSON.stringify([former.userPoolId, former.endpoint])
    const known = connections.get(key)
    if (known !== undefined) return known
    const [oldest] = connections.size < maxConnections ? [] : connections.keys()
    if (oldest !== undefined) connections.delete(oldest)
    const connecting = openConnection(options, former)
    connections.set(key, connecting)
    return connecting
  }
}

async function openConnection({ isPrivateAllowed }: FormerPoolsOptions, former: FormerPool): Promise<Connection> {
  const sdk = await import('@aws-sdk/client-cognito-identity-provider')
  const client = new sdk.CognitoIdentityProviderClient({
    region: regionOf(former.userPoolId),
    ...(former.endpoint !== undefined && { endpoint: former.endpoint }),
    maxAttempts: 1,
    requestHandler: guardedHandler({ timeoutMs, maxResponseBytes, isPrivateAllowed }) as never,
  })
  return { client, sdk }
}

async function readUser(
  { client, sdk, former }: Caller,
  username: string,
  accessToken: string | undefined,
): Promise<ShownUser | undefined> {
  if (accessToken !== undefined) return client.send(new sdk.GetUserCommand({ AccessToken: accessToken }))
  if (former.flow !== 'ADMIN_USER_PASSWORD_AUTH') return undefined
  return client.send(new sdk.AdminGetUserCommand({ UserPoolId: former.userPoolId, Username: username }))
}

function signIn({ client, sdk, former }: Caller, parameters: Record<string, string>) {
  const { clientId, userPoolId, flow } = former
  const request = { ClientId: clientId, AuthFlow: flow, AuthParameters: parameters }
  return flow === 'USER_PASSWORD_AUTH'
    ? client.send(new sdk.InitiateAuthCommand(request))
    : client.send(new sdk.AdminInitiateAuthCommand({ ...request, UserPoolId: userPoolId }))
}

function sendCode({ client, sdk, former }: Caller, session: string, responses: Record<string, string>) {
  const { clientId, userPoolId, flow } = former
  const request = { ClientId: clientId, ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: session, ChallengeResponses: responses } as const
  return flow === 'USER_PASSWORD_AUTH'
    ? client.send(new sdk.RespondToAuthChallengeCommand(request))
    : client.send(new sdk.AdminRespondToAuthChallengeCommand({ ...request, UserPoolId: userPoolId }))
}

function secretHashOf(secrets: Secrets, pool: Pool, former: FormerPool, username: string): Readonly<Record<string, string>> {
  const secret = openClientSecret(secrets, pool.id, former)
  return secret === undefined ? {} : { SECRET_HASH: secretHash(secret, username, former.clientId) }
}
