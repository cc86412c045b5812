import type { IncomingMessage } from 'node:http'
import { ApiError } from '../../contract/api-error.ts'

/** Far above the largest legitimate request, a branding asset of 2 MB in base64. */
const bodyLimitBytes = 4 * 1024 * 1024

/** What is read and thrown away of a body over the limit, so that its sender gets to see the answer and not a reset connection. */
const discardLimitBytes = 64 * 1024 * 1024

/** Ample for 4 MB. The server itself allows requests far more time, because uploads need it. */
const bodyDeadlineMs = 60_000

/**
 * The bytes of a body, whatever its content type says: signatures cover the exact bytes, and what is wrong with them is for the dispatcher
 * to answer. Rejects with RequestEntityTooLargeException when it is over the limit, with SerializationException when it ends early or is not there
 * after `deadlineMs`. What is not read then must not be waited for: nobody ties up memory or a connection by sending drips.
 */
export function readBody(request: IncomingMessage, { deadlineMs = bodyDeadlineMs } = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const giveUp = (error: ApiError) => {
      clearTimeout(late)
      chunks.length = 0
      reject(error)
    }
    const late = setTimeout(() => {
      request.pause()
      giveUp(new ApiError('SerializationException', 'The request body took too long.'))
    }, deadlineMs)
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= bodyLimitBytes) chunks.push(chunk)
      else chunks.length = 0
      if (length <= discardLimitBytes) return
      request.pause()
      giveUp(tooLarge())
    })
    request.on('end', () => {
      if (length > bodyLimitBytes) return giveUp(tooLarge())
      clearTimeout(late)
      const [first] = chunks
      resolve(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks, length))
    })
    request.on('error', (cause) => giveUp(new ApiError('SerializationException', 'The request body ended early.', { cause })))
  })
}

export function tooLarge(limitBytes = bodyLimitBytes): ApiError {
  return new ApiError('RequestEntityTooLargeException', `The request body must not be larger than ${limitBytes} bytes.`)
}
