import { ApiError } from '../../contract/api-error.ts'
import type { RequestLogFields } from '../request-log.ts'
import type { Dispatcher, RpcCall, RpcHead } from './dispatcher.ts'
import { internalError, jsonContentType, jsonUnavailable, type RpcAnswer, writeJsonError } from './rpc-error.ts'

/** A form in which clients call operations at `POST /`: how a call is read, and how its answer and its errors are written. */
export type Protocol = {
  /** The content type of answers. */
  readonly contentType: string
  /**
   * Reads from the headers what is called.
   * @throws Error that `writeRefusal` writes, when the headers call nothing that this server has
   */
  open(head: RpcHead, logFields: RequestLogFields, requestId: string): RpcCall
  /** Undefined for an error that is not meant for the caller. */
  writeRefusal(error: unknown, requestId: string): RpcAnswer | undefined
  /** The answer that hides a fault of the server. */
  writeFault(cause: unknown, requestId: string): RpcAnswer
  /** The answer of an overloaded server. Clients try again later. */
  unavailable(requestId: string): RpcAnswer
}

/** AWS's JSON protocol, for the operations of the dispatcher. */
export function jsonProtocol({ open }: Dispatcher): Protocol {
  return {
    contentType: jsonContentType,
    open,
    writeRefusal: (error) => (error instanceof ApiError ? writeJsonError(error) : undefined),
    writeFault: (cause) => writeJsonError(internalError(cause)),
    unavailable: () => jsonUnavailable,
  }
}
