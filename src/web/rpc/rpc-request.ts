import { ApiError } from '../../contract/api-error.ts'
import { requireModestText, type TextLimits } from './request-text.ts'
import { jsonContentType } from './rpc-error.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The parsed body.
 * @throws ApiError SerializationException when it is not JSON in UTF-8, or nested too deeply; InvalidParameterException when a map or
 * list in it has too many entries
 */
export function parseBody(body: Buffer, limits: TextLimits): unknown {
  if (body.length === 0) return {}
  let text: string
  try {
    text = strictUtf8.decode(body)
  } catch (cause) {
    throw new ApiError('SerializationException', 'The request body is not UTF-8.', { cause })
  }
  requireModestText(text, limits)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiError('SerializationException', 'The request body is not valid JSON.', { cause })
  }
}

/** JSON 1.1 and its forerunner 1.0, which some documentation samples send. */
export function requireJsonContentType(contentType: string | undefined): void {
  if (contentType === jsonContentType) return
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === jsonContentType || type === 'application/x-amz-json-1.0') return
  throw wrongContentType()
}

function wrongContentType(): ApiError {
  return new ApiError('UnknownOperationException', 'The Content-Type must be application/x-amz-json-1.1.')
}
