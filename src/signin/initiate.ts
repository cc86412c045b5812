import type { AuditedCall } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import { ApiError } from '../contract/api-error.ts'
import type { AuthFlowType } from '../contract/generated/types.ts'
import { isSecretHashValid, requireSecretHash } from '../pools/secret-hash.ts'
import { requireAllowedAddress } from '../protection/risk/blocked-address.ts'
import type { UserContext } from '../protection/user-context.ts'
import { type RefreshDeps, refreshTokens, requireRefreshToken } from '../tokens/refresh.ts'
import { callerContextOf, type Texts } from '../triggers/trigger.ts'
import type { User } from '../users/user.ts'
import { listFormerUsernames } from '../users/usernames/former-username-repository.ts'
import { tokensIssued } from './audited-step.ts'
import type { ChoiceDeps } from './choice/choose.ts'
import { startChoice } from './choice/start-choice.ts'
import { type Flow, requireFlow } from './client-flows.ts'
import { completeSignIn } from './complete-sign-in.ts'
import { type ContinueSignInDeps, continueSignIn } from './continue-sign-in.ts'
import type { StepOutcome } from './factor.ts'
import { startCustom } from './factors/custom/start-custom.ts'
import type { DeviceDeps } from './factors/device/device.ts'
import type { PasswordDeps } from './factors/password/migrate-at-sign-in.ts'
import { startPassword } from './factors/password/start-password.ts'
import { type SrpDeps, startSrp } from './factors/srp/srp.ts'
import { type RequestParameters, requireParameter } from './parameters.ts'
import type { PoolAndClient, SignInContext, StepResult } from './sign-in.ts'
import { recordingWrongProofs } from './sign-in-events.ts'
import { type CountSignInStep, countingStep } from './sign-in-metrics.ts'
import { type SlowDownDeps, slowingDown } from './slow-down.ts'

export type SignInDeps = ContinueSignInDeps &
  PasswordDeps &
  SrpDeps &
  ChoiceDeps &
  DeviceDeps &
  SlowDownDeps &
  RefreshDeps & { readonly clock: Clock; readonly countSignInStep: CountSignInStep }

/**
 * The API that a sign-in came through: InitiateAuth, which an app calls, or AdminInitiateAuth, which a server of the pool's owner calls.
 */
export type Audience = 'public' | 'admin'

type InitiateRequest = {
  readonly flow: AuthFlowType
  readonly parameters: RequestParameters
  readonly session: string | undefined
  readonly audience: Audience
  /** Describes the user's own browser or app, as far as it is known. */
  readonly userContext: UserContext
  /** The User-Agent of the program that calls the API. */
  readonly userAgent: string | undefined
  readonly clientMetadata: Texts | undefined
  /** The audit record of the call; undefined in the public API. */
  readonly audit: AuditedCall | undefined
}

/**
 * Begins a sign-in, or refreshes tokens.
 *
 * @throws ApiError InvalidParameterException, in Cognito's words, when the client or the audience does not allow the flow.
 */
export function initiate(deps: SignInDeps, { pool, client }: PoolAndClient, request: InitiateRequest): Promise<StepResult> {
  const { flow, parameters } = request
  const context: SignInContext = {
    ...request.userContext,
    pool,
    client,
    caller: callerContextOf(client, request, undefined),
    deviceKey: parameters['DEVICE_KEY'] || undefined,
    validationData: request.clientMetadata,
    recordedEventId: undefined,
    audit: request.audit,
  }
  const challenge = flow === 'CUSTOM_AUTH' ? 'CUSTOM_CHALLENGE' : 'PASSWORD'
  const attempt = { username: parameters['USERNAME'], challenge, proofs: [] } as const
  return countingStep(deps.countSignInStep, flow, () => {
    if (isRefresh(flow)) return refresh(deps, context, parameters)
    return slowingDown(deps, context, { username: attempt.username, isGuess: true }, () =>
      recordingWrongProofs(deps, context, attempt, async () =>
        continueSignIn(deps, context, await takeFirstStep(deps, context, { ...request, flow }), completeSignIn),
      ),
    )
  })
}

type RefreshFlow = 'REFRESH_TOKEN_AUTH' | 'REFRESH_TOKEN'
type SignInFlow = Exclude<AuthFlowType, RefreshFlow>

const isRefresh = (flow: AuthFlowType): flow is RefreshFlow => flow === 'REFRESH_TOKEN_AUTH' || flow === 'REFRESH_TOKEN'

/** Which clients and audiences may use each flow, with Cognito's refusals. Without an `audience` the flow is open to both. */
const flowRules: Readonly<Record<SignInFlow, { readonly flow: Flow; readonly audience?: Audience; readonly refusal: string }>> = {
  USER_PASSWORD_AUTH: { flow: 'password', audience: 'public', refusal: 'USER_PASSWORD_AUTH flow not enabled for this client' },
  ADMIN_USER_PASSWORD_AUTH: { flow: 'admin-password', audience: 'admin', refusal: 'Auth flow not enabled for this client' },
  ADMIN_NO_SRP_AUTH: { flow: 'admin-password', audience: 'admin', refusal: 'Auth flow not enabled for this client' },
  USER_SRP_AUTH: { flow: 'srp', refusal: 'USER_SRP_AUTH is not enabled for the client.' },
  CUSTOM_AUTH: { flow: 'custom', refusal: 'CUSTOM_AUTH is not enabled for the client.' },
  USER_AUTH: { flow: 'choice', refusal: 'USER_AUTH flow not enabled for this client' },
}

async function takeFirstStep(
  deps: SignInDeps,
  context: SignInContext,
  { flow, parameters, session, audience }: InitiateRequest & { readonly flow: SignInFlow },
): Promise<StepOutcome> {
  const { client } = context
  await requireAllowedAddress(deps, context)
  const rule = flowRules[flow]
  if (rule.audience !== undefined && rule.audience !== audience) throw invalid('Initiate Auth method not supported.')
  requireFlow(client, rule.flow, rule.refusal)
  const username = requireParameter(parameters, 'USERNAME')
  requireSecretHash(client, username, parameters['SECRET_HASH'])
  switch (flow) {
    case 'USER_PASSWORD_AUTH':
    case 'ADMIN_USER_PASSWORD_AUTH':
    case 'ADMIN_NO_SRP_AUTH':
      return startPassword(deps, context, { username, password: requireParameter(parameters, 'PASSWORD') })
    case 'USER_SRP_AUTH':
      return startSrp(deps, context, { username, srpA: requireParameter(parameters, 'SRP_A') })
    case 'CUSTOM_AUTH':
      return startCustom(deps, context, { username, parameters })
    case 'USER_AUTH':
      return startChoice(deps, context, { username, parameters, session })
  }
}

async function refresh(deps: SignInDeps, context: SignInContext, parameters: RequestParameters): Promise<StepResult> {
  const { client, deviceKey, audit } = context
  requireFlow(client, 'refresh', 'REFRESH_TOKEN_AUTH flow not enabled for this client')
  if (client.refreshRotation?.enabled) {
    throw invalid('REFRESH_TOKEN_AUTH is not available with refresh token rotation, use GetTokensFromRefreshToken.')
  }
  const refreshToken = requireParameter(parameters, 'REFRESH_TOKEN')
  const verified = await requireRefreshToken(deps, context, { refreshToken, deviceKey })
  await requireRefreshHash(deps, context, verified.user, parameters['SECRET_HASH'])
  const tokens = await refreshTokens(deps, context, verified)
  if (audit !== undefined) await deps.db.transaction().execute((tx) => audit.record(tx, { user: verified.user, detail: tokensIssued }))
  return { kind: 'signed-in', tokens }
}

/**
 * Checks SECRET_HASH. A refresh names no user, so the hash is over the stored username, which is the `sub` in some pools. After a change of
 * the username, clients still have the former one from their tokens, so that is right as well as long as it is the user's.
 */
async function requireRefreshHash(
  { db }: Pick<SignInDeps, 'db'>,
  { pool, client }: Pick<SignInContext, 'pool' | 'client'>,
  user: User,
  hash: string | undefined,
): Promise<void> {
  if (client.secrets.length === 0) return
  if (!hash) return requireSecretHash(client, user.username, undefined)
  if (isSecretHashValid(client, user.username, hash)) return
  const former = await listFormerUsernames(db, pool, user)
  if (former.some((username) => isSecretHashValid(client, username, hash))) return
  throw new ApiError('NotAuthorizedException', `SecretHash does not match for the client: ${client.id}`)
}

const invalid = (message: string) => new ApiError('InvalidParameterException', message)
