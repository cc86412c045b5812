import type { StsAction, StsResult } from '../../../authorization/sts/sts-action.ts'
import { StsError, type StsErrorCode } from '../../../authorization/sts/sts-error.ts'
import { ApiError, type ErrorCode } from '../../../contract/api-error.ts'
import { internalErrorMessage, type RpcAnswer, unavailableMessage } from '../rpc-error.ts'

export const xmlContentType = 'text/xml'

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

/** The body of an answer. */
export function writeResult(action: StsAction, result: StsResult, requestId: string): string {
  const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } }
  return `<${action}Response xmlns="${namespace}">${elements(content)}</${action}Response>`
}

function elements(members: StsResult): string {
  return Object.entries(members)
    .map(([name, value]) => {
      if (value === undefined) return ''
      return `<${name}>${typeof value === 'object' ? elements(value) : escaped(String(value))}</${name}>`
    })
    .join('')
}

/**
 * A text as the content of an element. Characters that XML 1.0 §2.2 forbids are replaced, because there is no way to write them. A carriage
 * return is a reference, because parsers would turn it into a line feed (§2.11).
 */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"'\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The codes of STS for errors that both protocols have, such as those of signatures. */
const stsCodes: Partial<Record<ErrorCode, StsErrorCode>> = {
  AccessDeniedException: 'AccessDenied',
  ExpiredTokenException: 'ExpiredToken',
  IncompleteSignatureException: 'IncompleteSignature',
  InvalidParameterException: 'ValidationError',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  RequestEntityTooLargeException: 'RequestEntityTooLarge',
  SerializationException: 'MalformedInput',
  ServiceUnavailable: 'ServiceUnavailable',
  ThrottlingException: 'Throttling',
  UnrecognizedClientException: 'InvalidClientTokenId',
}

/** The answer to a call that failed. Undefined for an error that is not meant for the caller. */
export function writeQueryRefusal(error: unknown, requestId: string): RpcAnswer | undefined {
  if (error instanceof StsError) return errorAnswer(error, requestId)
  if (!(error instanceof ApiError)) return undefined
  return errorAnswer(new StsError(stsCodes[error.code] ?? 'InternalFailure', error.message), requestId)
}

export function queryFault(requestId: string): RpcAnswer {
  return errorAnswer(new StsError('InternalFailure', internalErrorMessage), requestId)
}

export function queryUnavailable(requestId: string): RpcAnswer {
  const answer = errorAnswer(new StsError('ServiceUnavailable', unavailableMessage), requestId)
  return { ...answer, headers: { ...answer.headers, 'retry-after': '1' } }
}

function errorAnswer({ code, message, status }: StsError, requestId: string): RpcAnswer {
  const content = { Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message }, RequestId: requestId }
  return {
    status,
    headers: { 'content-type': xmlContentType },
    body: `<ErrorResponse xmlns="${namespace}">${elements(content)}</ErrorResponse>`,
    errorCode: code,
  }
}
