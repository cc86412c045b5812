import type { Clock } from '../base/clock.ts'
import { ApiError } from '../contract/api-error.ts'
import type { AuthFlowType } from '../contract/generated/types.ts'
import type { RequestContext } from '../contract/operation.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import { provesBySecretHash, requireSecretHash } from '../pools/secret-hash.ts'
import { type RefreshDeps, refreshTokens, requireRefreshToken } from '../tokens/refresh.ts'
import type { Texts } from '../triggers/trigger-subject.ts'
import type { ChoiceDeps } from './choice/choose.ts'
import { startChoice } from './choice/start-choice.ts'
import { allowsFlow, type Flow } from './client-flows.ts'
import { type ContinueSignInDeps, continueSignIn } from './continue-sign-in.ts'
import { startCustom } from './factors/custom/start-custom.ts'
import type { DeviceDeps } from './factors/device/device.ts'
import { type PasswordDeps, startPassword } from './factors/password/start-password.ts'
import { type SrpDeps, startSrp } from './factors/srp/srp.ts'
import { requireParameter } from './parameters.ts'
import type { Progress, Visit } from './sign-in.ts'
import { recordingWrongProofs } from './sign-in-events.ts'

export type SignInDeps = ContinueSignInDeps & PasswordDeps & SrpDeps & ChoiceDeps & DeviceDeps & RefreshDeps & { readonly clock: Clock }

type Parameters = Readonly<Record<string, string>>

/** Who asks: a user's program by InitiateAuth, or a server of the pool's owner by AdminInitiateAuth. */
export type Audience = 'public' | 'admin'

type Attempt = {
  readonly flow: AuthFlowType
  readonly parameters: Parameters
  readonly session: string | undefined
  readonly door: Audience
  readonly context: RequestContext
  /** What the caller is made with; `context` may tell of another program, at the far end of the caller. */
  readonly userAgent: string | undefined
  readonly clientMetadata: Texts | undefined
}

/** Begins a sign-in. Throws ApiError with Cognito's texts for a flow that the client, or this door, does not let through. */
export async function initiate(deps: SignInDeps, pool: Pool, client: AppClient, attempt: Attempt): Promise<Progress> {
  const { parameters } = attempt
  const visit: Visit = {
    ...attempt.context,
    deviceKey: parameters['DEVICE_KEY'] || undefined,
    eventId: undefined,
    stepUp: undefined,
    custom: undefined,
    caller: callerContextOf(client, attempt, undefined),
    validationData: attempt.clientMetadata,
  }
  const challenge = attempt.flow === 'CUSTOM_AUTH' ? 'CUSTOM_CHALLENGE' : 'PASSWORD'
  const tried = { pool, client, visit, username: parameters['USERNAME'], challenge, proofs: [] } as const
  return recordingWrongProofs(deps, tried, () => begin(deps, pool, client, attempt, visit))
}

function begin(
  deps: SignInDeps,
  pool: Pool,
  client: AppClient,
  { flow, parameters, session, door }: Attempt,
  visit: Visit,
): Promise<Progress> {
  switch (flow) {
    case 'USER_PASSWORD_AUTH':
      requireAudience(door, 'public')
      requireFlow(client, 'password', 'USER_PASSWORD_AUTH flow not enabled for this client')
      return byPassword(deps, pool, client, parameters, visit)
    case 'ADMIN_USER_PASSWORD_AUTH':
    case 'ADMIN_NO_SRP_AUTH':
      requireAudience(door, 'admin')
      requireFlow(client, 'admin-password', 'Auth flow not enabled for this client')
      return byPassword(deps, pool, client, parameters, visit)
    case 'USER_SRP_AUTH':
      requireFlow(client, 'srp', 'USER_SRP_AUTH is not enabled for the client.')
      return bySrp(deps, pool, client, parameters, visit)
    case 'REFRESH_TOKEN_AUTH':
    case 'REFRESH_TOKEN':
      return byRefreshToken(deps, pool, client, parameters, visit)
    case 'CUSTOM_AUTH':
      requireFlow(client, 'custom', 'CUSTOM_AUTH is not enabled for the client.')
      return byCustom(deps, pool, client, parameters, visit)
    case 'USER_AUTH':
      requireFlow(client, 'choice', 'USER_AUTH flow not enabled for this client')
      return byChoice(deps, pool, client, { parameters, session }, visit)
  }
}

async function byPassword(deps: SignInDeps, pool: Pool, client: AppClient, parameters: Parameters, visit: Visit): Promise<Progress> {
  const username = requireParameter(parameters, 'USERNAME')
  requireSecretHash(client, username, parameters['SECRET_HASH'])
  const password = requireParameter(parameters, 'PASSWORD')
  return continueSignIn(
    deps,
    pool,
    client,
    await startPassword(deps, pool, client, { username, password, proves: 'PASSWORD' }, visit),
    visit,
  )
}

async function bySrp(deps: SignInDeps, pool: Pool, client: AppClient, parameters: Parameters, visit: Visit): Promise<Progress> {
  const username = requireParameter(parameters, 'USERNAME')
  requireSecretHash(client, username, parameters['SECRET_HASH'])
  const srpA = requireParameter(parameters, 'SRP_A')
  return continueSignIn(deps, pool, client, await startSrp(deps, pool, client, { username, srpA, visit }), visit)
}

async function byCustom(deps: SignInDeps, pool: Pool, client: AppClient, parameters: Parameters, visit: Visit): Promise<Progress> {
  const username = requireParameter(parameters, 'USERNAME')
  requireSecretHash(client, username, parameters['SECRET_HASH'])
  return continueSignIn(deps, pool, client, await startCustom(deps, pool, client, { username, parameters, visit }), visit)
}

async function byChoice(
  deps: SignInDeps,
  pool: Pool,
  client: AppClient,
  { parameters, session }: Pick<Attempt, 'parameters' | 'session'>,
  visit: Visit,
): Promise<Progress> {
  const username = requireParameter(parameters, 'USERNAME')
  requireSecretHash(client, username, parameters['SECRET_HASH'])
  return continueSignIn(deps, pool, client, await startChoice(deps, pool, client, { username, parameters, session, visit }), visit)
}

async function byRefreshToken(deps: SignInDeps, pool: Pool, client: AppClient, parameters: Parameters, visit: Visit): Promise<Progress> {
  requireFlow(client, 'refresh', 'REFRESH_TOKEN_AUTH flow not enabled for this client')
  if (client.refreshRotation?.enabled) {
    throw invalid('REFRESH_TOKEN_AUTH is not available with refresh token rotation, use GetTokensFromRefreshToken.')
  }
  const context = { ...visit, pool, client }
  const presented = { refreshToken: requireParameter(parameters, 'REFRESH_TOKEN'), deviceKey: visit.deviceKey }
  const verified = await requireRefreshToken(deps, context, presented)
  requireRefreshHash(client, verified.user.username, parameters['SECRET_HASH'])
  return { kind: 'signed-in', tokens: await refreshTokens(deps, context, verified) }
}

/** A refresh names no user, so the hash is over the stored username, which in some pools is the `sub`. */
function requireRefreshHash(client: AppClient, username: string, hash: string | undefined): void {
  if (client.secrets.length === 0) return
  if (!hash) requireSecretHash(client, username, undefined)
  else if (!isSecretHashValid(client, username, hash)) {
    throw new ApiError('NotAuthorizedException', `SecretHash does not match for the client: ${client.id}`)
  }
}

function requireAudience(door: Audience, needed: Audience): void {
  if (door !== needed) throw invalid('Initiate Auth method not supported.')
}

function requireFlow(client: AppClient, flow: Flow, otherwise: string): void {
  if (!allowsFlow(client, flow)) throw invalid(otherwise)
}

const invalid = (message: string) => new ApiError('InvalidParameterException', message)
