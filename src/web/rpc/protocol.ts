import type { ApiError } from '../../contract/api-error.ts'
import type { RequestLogFields } from '../request-log.ts'
import type { RpcHead } from './dispatcher.ts'
import type { CheckedHead } from './gate.ts'

/** An answer to a call. */
export type RpcAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Empty when the call succeeded. */
  readonly errorCode: string
}

/** A call whose headers were read. */
export type RpcCall = {
  readonly limits: { readonly bytes: number }
  /** The gate's check of the headers, before the body is read; undefined for a call that needs none. */
  readonly checkHead: (() => Promise<CheckedHead>) | undefined
  /**
   * Fills in `logFields` as soon as their values are known.
   * @throws ApiError that the protocol writes as an answer
   */
  answer(body: Buffer, checked: CheckedHead | undefined, logFields: RequestLogFields): Promise<RpcAnswer>
}

/** How clients write calls, and read answers and errors. */
export type RpcProtocol = {
  /**
   * Reads from the headers what is called.
   * @throws ApiError when the headers name nothing that this server has
   */
  open(head: RpcHead, logFields: RequestLogFields, requestId: string): RpcCall
  writeError(error: ApiError, requestId: string): RpcAnswer
}
