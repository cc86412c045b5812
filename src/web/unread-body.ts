import type { IncomingMessage, ServerResponse } from 'node:http'
import { createDeadlines } from './overload/deadlines.ts'

/** A body so small that throwing it away costs less than a new connection would. */
const smallBytes = 64 * 1024

/** What is read and thrown away of a larger one, so that its sender gets to see the answer and not a reset connection. */
const discardLimitBytes = 64 * 1024 * 1024

/** How long the rest of a body may take after its answer. */
const restOfBody = createDeadlines(30_000)
const restOfSmallBody = createDeadlines(10_000)

/** Whether the client sends no body before it is told to. HTTP/1.0 knows no such thing (RFC 9110 §10.1.1). */
export function waitsForContinue({ headers, httpVersion, readableFlowing }: IncomingMessage): boolean {
  // Once its body is read, it has been told.
  return headers.expect !== undefined && httpVersion === '1.1' && readableFlowing === null
}

/** Whether the connection can be used again once the request has been answered, though its body was not read. */
export function staysOpen({ headers, complete }: IncomingMessage): boolean {
  if (complete) return true
  // A client that waits for leave to send its body sends it or not, and the server cannot know.
  if (headers.expect !== undefined || headers['transfer-encoding'] !== undefined) return false
  const length = headers['content-length']
  return length === undefined || Number(length) <= smallBytes
}

/**
 * Ends an answer whose head has been written, to a request whose body was not read, or not to its end. The client sees the whole answer at
 * once; a connection that does not stay open is closed when the body has been thrown away.
 */
export function endUnread(request: IncomingMessage, response: ServerResponse, body: string | Buffer): void {
  if (staysOpen(request)) {
    response.end(body)
    // Most bodies arrive together with their head.
    if (!request.complete) setImmediate(closeWithoutRest, request)
  } else if (waitsForContinue(request)) response.end(body)
  else {
    response.flushHeaders()
    if (body.length > 0) response.write(body)
    discard(request, () => response.end())
  }
}

function closeWithoutRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  const deadline = restOfSmallBody.start(() => request.socket.destroy())
  request.once('close', deadline.end)
}

function discard(request: IncomingMessage, done: () => void): void {
  let discarded = 0
  const deadline = restOfBody.start(() => request.socket.destroy())
  request.once('close', deadline.end).once('end', done).once('error', done)
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length
    if (discarded <= discardLimitBytes) return
    request.pause()
    done()
  })
  request.resume()
}

/** Ends a connection that has not sent the whole of a request in time, for routes that need no body or a small one. */
export function limitBodyTime(request: IncomingMessage): void {
  setImmediate(closeWithoutRest, request)
}
