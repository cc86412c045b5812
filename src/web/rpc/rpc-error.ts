import { ApiError, httpStatusOf } from '../../contract/api-error.ts'

export type RpcAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly errorCode: string
}

export const jsonContentType = 'application/x-amz-json-1.1'

/** An error as AWS's JSON protocol writes it. Clients read the code from the header first, then from `__type`. */
export function writeJsonError(error: ApiError): RpcAnswer {
  return {
    status: httpStatusOf(error.code),
    headers: { 'content-type': jsonContentType, 'x-amzn-errortype': error.code, 'x-amzn-errormessage': headerText(error.message) },
    body: JSON.stringify({ __type: error.code, message: error.message, reasonCode: error.reasonCode }),
    errorCode: error.code,
  }
}

/** The error that hides a fault of the server. The log has the details, under the request id. */
export const internalError = (cause: unknown) => new ApiError('InternalErrorException', internalErrorMessage, { cause })

export const internalErrorMessage = 'Something went wrong on the server. The log has the details under the request id.'
export const unavailableMessage = 'The service cannot take the request now. Try again.'

const notNow = writeJsonError(new ApiError('ServiceUnavailable', unavailableMessage))

/** The answer of an overloaded server. Every AWS SDK retries after a 503; the header says when (RFC 9110 §15.6.4, §10.2.3). */
export const jsonUnavailable: RpcAnswer = { ...notNow, headers: { ...notNow.headers, 'retry-after': '1' } }

/** The message as the value of a header: without line ends and non-ASCII characters, and not too long. */
function headerText(message: string): string {
  return message.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 500)
}
