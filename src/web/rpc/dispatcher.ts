import type { RequestHead } from '../../access/signed-request.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { Operation, OperationName, RequestContext } from '../../contract/operation.ts'
import { readRequest } from '../../contract/read-request.ts'
import { getOperationByTarget } from '../../contract/services.ts'
import { writeResponse } from '../../contract/write-response.ts'
import type { RequestLogFields } from '../request-log.ts'
import { type CallerDeps, identifyCaller } from './caller.ts'
import type { HeadPassed, IamGate } from './gate.ts'
import { type RequestLimits, requestLimits } from './request-limits.ts'
import { parseBody, requireJsonContentType } from './rpc-request.ts'
import type { Throttle } from './throttle.ts'

/**
 * An operation whose needs `Services` meets. The last parameter is `never` because each kind of authorisation has a caller of its own
 * type; `identifyCaller` makes the one that fits the operation's `auth`, but for `iam`, where the gate does.
 */
// biome-ignore lint/suspicious/noExplicitAny: the request and answer types differ by operation; the contract checks both at run time.
export type BuiltOperation<Services> = Operation<any, Services, never>

export type RpcHead = RequestHead & {
  readonly target: string | undefined
  readonly contentType: string | undefined
  readonly context: RequestContext
}

/** A call whose headers name an operation. */
export type RpcCall = {
  readonly limits: RequestLimits
  /** What the gate has to check before the body is read; undefined for operations without a signature. */
  readonly passHead: (() => Promise<HeadPassed>) | undefined
  /** The body of the answer. Fills in `logFields` as they become known. */
  answer(body: Buffer, passed: HeadPassed | undefined, logFields: RequestLogFields): Promise<string>
}

export type Dispatcher = {
  /**
   * Finds out from the headers what is called.
   * @throws ApiError when they name no operation of this server
   */
  open(head: RpcHead, logFields: RequestLogFields): RpcCall
}

type Options<Services> = {
  readonly operations: readonly BuiltOperation<Services>[]
  readonly services: Services & CallerDeps
  readonly gate: IamGate
  readonly throttle: Throttle
}

export function createDispatcher<Services>({ operations, services, gate, throttle }: Options<Services>): Dispatcher {
  const built = new Map<OperationName, { readonly operation: BuiltOperation<Services>; readonly limits: RequestLimits }>(
    operations.map((operation) => [operation.name, { operation, limits: requestLimits(operation.name, operation.auth) }]),
  )

  return {
    open(head, logFields) {
      requireJsonContentType(head.contentType)
      const { name } = getOperationByTarget(head.target)
      logFields.operation = name
      const found = built.get(name)
      if (found === undefined) throw new ApiError('UnsupportedOperationException', `Lifeguard does not support the operation ${name} yet.`)
      const { operation, limits } = found

      return {
        limits,
        passHead: operation.auth === 'iam' ? () => gate(head, name) : undefined,
        async answer(bytes, passed, logFields) {
          const administrator = passed?.authenticate(bytes)
          logFields.accessKeyId = administrator?.caller.accessKeyId
          const body = parseBody(bytes, limits)
          administrator?.authorize(body)
          const request = readRequest(name, body)
          noteRequest(logFields, request)
          // After the checks, so that requests that can never succeed use up nothing of what honest callers have.
          throttle(name, administrator === undefined ? { address: head.context.ip } : 'signed')
          const caller = administrator?.caller ?? (await identifyCaller(services, operation, request))
          if (caller !== undefined) noteCaller(logFields, caller)
          try {
            return writeResponse(name, await operation.handle(request, services, caller as never, head.context))
          } finally {
            // Such as InitiateAuth, which finds its client by itself.
            if (logFields.clientId !== undefined) logFields.userPoolId ??= services.pools.cachedPoolIdOf(logFields.clientId)
          }
        },
      }
    },
  }
}

/** What a valid request says it is about. */
function noteRequest(logFields: RequestLogFields, request: unknown): void {
  const { UserPoolId, ClientId } = request as { readonly UserPoolId?: string; readonly ClientId?: string }
  logFields.userPoolId = UserPoolId
  logFields.clientId = ClientId
}

/** What the caller's proof says. */
function noteCaller(logFields: RequestLogFields, caller: NonNullable<Awaited<ReturnType<typeof identifyCaller>>> | object): void {
  if (!('pool' in caller)) return
  logFields.userPoolId = caller.pool.id
  logFields.clientId = caller.client.id
}
