import type { AuditTrail, CallOrigin, OpenAuditedCall } from '../../audit/audit-trail.ts'
import { isObject } from '../../base/is-object.ts'
import { ApiError } from '../../contract/api-error.ts'
import { definitionOf } from '../../contract/model.ts'
import type { Operation, OperationName } from '../../contract/operation.ts'
import { readRequest } from '../../contract/read-request.ts'
import { getOperationByTarget } from '../../contract/services.ts'
import { writeResponse } from '../../contract/write-response.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { requireSecretHash } from '../../pools/secret-hash.ts'
import { type AccessTokenDeps, requireAccessToken } from '../../tokens/access-token.ts'
import type { TokenCaller } from '../../users/caller.ts'
import { noteIds, type RequestLogFields } from '../request-log.ts'
import type { Authenticated, CheckedHead, GateHead, IamGate } from './gate.ts'
import { parseBody, requireJsonContentType } from './json-body.ts'
import { type RequestLimits, requestLimits } from './request-limits.ts'
import { requireAllowedSelfService } from './self-service.ts'
import type { Throttle } from './throttle.ts'

/**
 * An operation that finds all its dependencies in `Services`. The last parameter is `never` because the type of the caller depends on the
 * operation's `auth`. `identifyCaller` makes a caller of the right type; for `iam` the gate makes it.
 */
// biome-ignore lint/suspicious/noExplicitAny: the request and answer types differ by operation; the contract checks both at run time.
export type BuiltOperation<Services> = Operation<any, Services, never>

export type RpcHead = GateHead & {
  readonly target: string | undefined
  readonly contentType: string | undefined
}

/** A call whose headers name an operation. */
export type RpcCall = {
  readonly limits: RequestLimits
  /** The gate's check of the headers, before the body is read; undefined for an operation without a signature. */
  readonly checkHead: (() => Promise<CheckedHead>) | undefined
  /** Returns the body of the answer. Fills in `logFields` as soon as their values are known. */
  answer(body: Buffer, checked: CheckedHead | undefined, logFields: RequestLogFields): Promise<string>
}

export type Dispatcher = {
  /**
   * Reads from the headers which operation is called.
   *
   * @throws ApiError when the headers name no operation of this server
   */
  open(head: RpcHead, logFields: RequestLogFields, requestId: string): RpcCall
}

type CallerDeps = AccessTokenDeps & { readonly pools: PoolCatalog }

type Options<Services> = {
  readonly audit: AuditTrail
  /** Whether audit records name the addresses of callers. */
  readonly recordsAddresses: boolean
  readonly operations: readonly BuiltOperation<Services>[]
  readonly services: Services & CallerDeps
  readonly gate: IamGate
  readonly throttle: Throttle
}

export function createDispatcher<Services>(options: Options<Services>): Dispatcher {
  const { operations, services, gate, throttle } = options
  const built = new Map<OperationName, { readonly operation: BuiltOperation<Services>; readonly limits: RequestLimits }>(
    operations.map((operation) => [operation.name, { operation, limits: requestLimits(operation.name, operation.auth) }]),
  )

  return {
    open(head, logFields, requestId) {
      requireJsonContentType(head.contentType)
      const { name } = getOperationByTarget(head.target)
      logFields.operation = name
      const found = built.get(name)
      if (found === undefined) throw new ApiError('UnsupportedOperationException', `Lifeguard does not support the operation ${name} yet.`)
      const { operation, limits } = found
      return {
        limits,
        checkHead: operation.auth === 'iam' ? () => gate(head, name) : undefined,
        async answer(bytes, checked, logFields) {
          const administrator = checked?.authenticate(bytes)
          logFields.accessKeyId = administrator?.caller.accessKeyId
          const audited = openAuditedCall(options, operation, administrator, { requestId, address: head.context.ip })
          try {
            const request = await refusalsRecorded(audited, async () => {
              const body = parseBody(bytes, limits)
              noteRequest(logFields, body)
              audited?.readSubject(body)
              administrator?.authorize(body)
              return readRequest(name, body)
            })
            // Requests that can never succeed do not use up the limits of honest callers. A request beyond the limit leaves no audit record:
            // storing one would cost as much as the request.
            throttle(name, administrator === undefined ? { address: head.context.ip } : 'signed')
            const signer = administrator && { ...administrator.caller, audit: audited }
            const caller = signer ?? (await identifyUser(services, operation, request, logFields))
            return await refusalsRecorded(audited, async () => {
              const handle = () => operation.handle(request, services, caller as never, { ...head.context, requestId })
              const answer = writeResponse(name, await deletedAsRevoked(operation, handle))
              await audited?.succeed()
              return answer
            })
          } finally {
            // Operations such as InitiateAuth look up the client themselves, so only now is its pool in the catalog.
            if (logFields.clientId !== undefined) logFields.userPoolId ??= services.pools.cachedPoolIdOf(logFields.clientId)
          }
        },
      }
    },
  }
}

/** Undefined when the operation leaves no audit record. */
function openAuditedCall(
  { audit, recordsAddresses }: Pick<Options<never>, 'audit' | 'recordsAddresses'>,
  { name, isAudited }: BuiltOperation<never>,
  administrator: Authenticated | undefined,
  { requestId, address }: Pick<CallOrigin, 'requestId' | 'address'>,
): OpenAuditedCall | undefined {
  if (!isAudited) return undefined
  const { caller, session } = administrator ?? {}
  const who = { accessKeyId: caller?.accessKeyId, sessionArn: session?.arn, sessionIdentityId: session?.identityId }
  return audit.open({ operation: name, ...who, requestId, address: recordsAddresses ? address : undefined })
}

/** Does a part of the work of a call. If it fails, the audit record of the refusal is stored before the caller gets the error. */
async function refusalsRecorded<T>(audited: OpenAuditedCall | undefined, part: () => Promise<T>): Promise<T> {
  if (audited === undefined) return part()
  try {
    return await part()
  } catch (error) {
    await audited.refuse(error)
    throw error
  }
}

/** The pool and client that a request names. They need not exist, and the request may be invalid or forbidden. */
function noteRequest(logFields: RequestLogFields, body: unknown): void {
  if (isObject(body)) noteIds(logFields, { userPoolId: body['UserPoolId'], clientId: body['ClientId'] })
}

/** The pool and client of the authenticated caller. */
function noteCaller(logFields: RequestLogFields, caller: AppClientCaller): void {
  logFields.userPoolId = caller.pool.id
  logFields.clientId = caller.client.id
}

type NameAndAuth = Pick<Operation<OperationName, never, never>, 'name' | 'auth'>

/** The members of a request that authenticate the caller. The contract has checked their presence and types. */
type Credentials = {
  readonly ClientId?: string
  readonly Username?: string
  readonly SecretHash?: string
  readonly AccessToken?: string
  readonly Session?: string
}

/**
 * The caller of an operation without a signature, whom the pool and the app client let call it.
 *
 * @throws ApiError when the credentials are missing or wrong, or users cannot call the operation
 */
async function identifyUser(deps: CallerDeps, operation: NameAndAuth, request: unknown, logFields: RequestLogFields) {
  const caller = await identifyCaller(deps, operation, request)
  if (caller !== undefined) noteCaller(logFields, caller)
  await requireAllowedSelfService(deps, operation.name, caller, request)
  return caller
}

/**
 * The caller, authenticated as the `auth` of the operation requires. Undefined when the operation needs no caller, or finds the user itself
 * by the Session. Not for `iam`: there the signature over the whole request has authenticated the caller earlier.
 *
 * @throws ApiError when the credentials are missing or wrong
 */
async function identifyCaller(
  deps: CallerDeps,
  { name, auth }: NameAndAuth,
  request: unknown,
): Promise<AppClientCaller | TokenCaller | undefined> {
  const { ClientId = '', Username = '', SecretHash, AccessToken, Session } = request as Credentials
  if (auth === 'app-client') {
    const caller = await deps.pools.getClient(ClientId)
    requireSecretHash(caller.client, Username, SecretHash)
    return caller
  }
  if (auth === 'access-token') return identifyByToken(deps, { name, auth }, AccessToken)
  if (auth === 'session-or-token') {
    if ((AccessToken === undefined) === (Session === undefined)) {
      throw new ApiError('InvalidParameterException', 'Either AccessToken or Session must be provided, and not both.')
    }
    return Session === undefined ? identifyByToken(deps, { name, auth }, AccessToken) : undefined
  }
  return undefined
}

async function identifyByToken(deps: CallerDeps, operation: NameAndAuth, token: string | undefined): Promise<TokenCaller> {
  if (token === undefined) throw new ApiError('NotAuthorizedException', 'Invalid Access Token')
  return deletedAsRevoked(operation, () => requireAccessToken(deps, token))
}

/**
 * The model of some operations lacks UserNotFoundException. There, a token of a deleted user counts as revoked, also when the user is
 * deleted while the operation runs.
 */
async function deletedAsRevoked<T>({ name, auth }: NameAndAuth, part: () => Promise<T>): Promise<T> {
  try {
    return await part()
  } catch (error) {
    const isByToken = auth === 'access-token' || auth === 'session-or-token'
    const isUserDeleted = isByToken && error instanceof ApiError && error.code === 'UserNotFoundException'
    if (!isUserDeleted || definitionOf(name).errors.includes('UserNotFoundException')) throw error
    throw new ApiError('NotAuthorizedException', 'Access Token has been revoked')
  }
}
