import type { SignedRequest } from '../../access/signed-request.ts'
import type { Logger } from '../../base/logger.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { Operation, OperationName, RequestContext } from '../../contract/operation.ts'
import { readRequest } from '../../contract/read-request.ts'
import { getOperationByTarget } from '../../contract/services.ts'
import { writeResponse } from '../../contract/write-response.ts'
import { DatabaseUnavailableError } from '../../storage/database-unavailable-error.ts'
import { type CallerDeps, identifyCaller } from './caller.ts'
import type { IamGate } from './gate.ts'
import { internalError, jsonContentType, type RpcAnswer, unavailable, writeError } from './rpc-error.ts'
import { parseBody, requireJsonContentType, requireUnsignedSize } from './rpc-request.ts'
import type { Throttle } from './throttle.ts'

/**
 * An operation whose needs `Effects` meets. The last parameter is `never` because each kind of authorisation has a caller of its own
 * type; `identifyCaller` makes the one that fits the operation's `auth`, but for `iam`, where the gate does.
 */
// biome-ignore lint/suspicious/noExplicitAny: the request and answer types differ by operation; the contract checks both at run time.
export type BuiltOperation<Effects> = Operation<any, Effects, never>

export type RpcCall = SignedRequest & {
  readonly target: string | undefined
  readonly contentType: string | undefined
  readonly context: RequestContext
}

export type Dispatcher = {
  /** Answers every call, whatever is wrong with it; never rejects. `named` hears which operation it is, for logs and metrics. */
  dispatch(call: RpcCall, logger: () => Logger, named: (operation: OperationName) => void): Promise<RpcAnswer>
}

type Options<Effects> = {
  readonly operations: readonly BuiltOperation<Effects>[]
  readonly effects: Effects & CallerDeps
  readonly gate: IamGate
  readonly throttle: Throttle
}

export function createDispatcher<Effects>({ operations, effects, gate, throttle }: Options<Effects>): Dispatcher {
  const built = new Map<OperationName, BuiltOperation<Effects>>(operations.map((operation) => [operation.name, operation]))

  async function answer(call: RpcCall, named: (operation: OperationName) => void): Promise<string> {
    requireJsonContentType(call.contentType)
    const { name } = getOperationByTarget(call.target)
    named(name)
    const operation = built.get(name)
    if (operation === undefined)
      throw new ApiError('UnsupportedOperationException', `Lifeguard does not support the operation ${name} yet.`)
    if (operation.auth !== 'iam') requireUnsignedSize(call.body)
    const body = parseBody(call.body)
    const administrator = operation.auth === 'iam' ? await gate(call, name, body) : undefined
    // Behind the gate: nobody without a key can use up what administrators have.
    throttle(name)
    const request = readRequest(name, body)
    const caller = administrator ?? (await identifyCaller(effects, operation, request))
    return writeResponse(name, await operation.handle(request, effects, caller as never, call.context))
  }

  return {
    async dispatch(call, logger, named) {
      try {
        const body = await answer(call, named)
        return { status: 200, headers: { 'content-type': jsonContentType }, body, errorCode: '' }
      } catch (error) {
        if (error instanceof ApiError) return writeError(error)
        // The storage room logs what is wrong with the database, once and not for each request.
        if (error instanceof DatabaseUnavailableError) {
          logger().debug({ err: error }, 'An operation failed for want of the database')
          return unavailable(1)
        }
        logger().error({ err: error }, 'An operation failed')
        return writeError(internalError(error))
      }
    },
  }
}
