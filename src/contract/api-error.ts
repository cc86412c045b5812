import type { ModelledErrorCode } from './generated/types.ts'

/** Errors that any operation of an AWS JSON service may return, although no model lists them. */
type CommonErrorCode =
  | 'AccessDeniedException'
  | 'ExpiredTokenException'
  | 'IncompleteSignatureException'
  | 'InternalFailure'
  | 'InvalidSignatureException'
  | 'MissingAuthenticationTokenException'
  | 'RequestEntityTooLargeException'
  | 'RequestExpired'
  | 'SerializationException'
  | 'ServiceUnavailable'
  | 'ThrottlingException'
  | 'UnknownOperationException'
  | 'UnrecognizedClientException'

/** The closed set of codes that a caller can receive. */
export type ErrorCode = ModelledErrorCode | CommonErrorCode

type Options = { readonly cause?: unknown; readonly reasonCode?: string }

/**
 * An error that the caller receives. `code` and `message` go over the wire, so neither may contain anything that the caller must not
 * know. `cause` is for the log and never leaves the server.
 */
export class ApiError extends Error {
  readonly code: ErrorCode
  /** An additional member, which only `InvalidParameterException` has on the wire. */
  readonly reasonCode?: string

  constructor(code: ErrorCode, message: string, options: Options = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'ApiError'
    this.code = code
    if (options.reasonCode !== undefined) this.reasonCode = options.reasonCode
  }
}

/** The error for a request that has the right shape but a wrong value. */
export function invalidParameter(message: string): ApiError {
  return new ApiError('InvalidParameterException', message)
}

/**
 * The HTTP statuses of the codes whose status is not 400. With this protocol the service sends all modelled errors as 400, whatever status
 * the model names, and signature and permission errors as well (observed).
 */
const otherStatuses: Partial<Record<ErrorCode, number>> = {
  RequestEntityTooLargeException: 413,
  InternalErrorException: 500,
  InternalFailure: 500,
  InternalServerException: 500,
  ServiceUnavailable: 503,
}

/** The HTTP status that goes with a code. */
export function httpStatusOf(code: ErrorCode): number {
  return otherStatuses[code] ?? 400
}
