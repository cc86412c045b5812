import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ApiError } from '../contract/api-error.ts'

/** Far above the largest legitimate request, a branding asset of 2 MB in base64. */
const bodyLimitBytes = 4 * 1024 * 1024

/** What is read and thrown away of a body over the limit, so that its sender gets to see the answer and not a reset connection. */
const discardLimitBytes = 64 * 1024 * 1024

/** Ample for 4 MB. The server itself allows requests far more time, because uploads need it. */
const bodyDeadlineMs = 60_000

/**
 * Hands the routes of `app` the body as a Buffer whatever its content type says: signatures cover the exact bytes, and what
 * is wrong with them is for the dispatcher to answer. A body over the limit throws RequestEntityTooLargeException; one that is not there
 * after `deadlineMs` throws SerializationException, and its connection ends, so that nobody ties up memory by sending drips.
 */
export function acceptRawBodies(app: FastifyInstance, { deadlineMs = bodyDeadlineMs } = {}): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request: FastifyRequest, payload: NodeJS.ReadableStream, done) => {
    const chunks: Buffer[] = []
    let length = 0
    const finish = (error: Error | null, body?: Buffer) => {
      clearTimeout(late)
      done(error, body)
    }
    const late = setTimeout(() => {
      payload.pause()
      chunks.length = 0
      finish(new ApiError('SerializationException', 'The request body took too long.'))
    }, deadlineMs)
    payload.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= bodyLimitBytes) chunks.push(chunk)
      else chunks.length = 0
      if (length <= discardLimitBytes) return
      payload.pause()
      finish(tooLarge())
    })
    payload.on('end', () => (length > bodyLimitBytes ? finish(tooLarge()) : finish(null, Buffer.concat(chunks, length))))
    payload.on('error', (error) => finish(new ApiError('SerializationException', 'The request body ended early.', { cause: error })))
  })
}

export function tooLarge(limitBytes = bodyLimitBytes): ApiError {
  return new ApiError('RequestEntityTooLargeException', `The request body must not be larger than ${limitBytes} bytes.`)
}
