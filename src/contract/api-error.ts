import type { ModelledErrorCode } from './generated/types.ts'

/** Errors that any operation of an AWS JSON service may answer with and that no model lists. */
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
 * A refusal that the caller is told about: `code` and `message` are what goes over the wire, so neither may hold anything that the
 * caller should not learn. `cause` is for the log and never leaves the server.
 */
export class ApiError extends Error {
  readonly code: ErrorCode
  /** A second member that only `InvalidParameterException` has on the wire. */
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
 * Everything else is 400: on this protocol the service sends modelled errors as 400 whatever status their model names, and was
 * recorded to do so for signature and permission errors, too.
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
