import type { IncomingMessage, ServerResponse } from 'node:http'
import { createDeadlines } from './overload/deadlines.ts'

/** Reading and discarding a body up to this size costs less than a new connection. */
const smallBytes = 64 * 1024

/** How much of a larger body is read and discarded, so that its sender receives the answer instead of a reset connection. */
const discardLimitBytes = 64 * 1024 * 1024

/** How long the rest of a body may take after its answer. */
const restOfBody = createDeadlines(30_000)
const restOfSmallBody = createDeadlines(10_000)

/** Whether the client waits for `100 Continue` before it sends the body. HTTP/1.0 has no such expectation (RFC 9110 §10.1.1). */
export function waitsForContinue({ headers, httpVersion, readableFlowing }: IncomingMessage): boolean {
  // Once the body is being read, `100 Continue` has been sent.
  return headers.expect !== undefined && httpVersion === '1.1' && readableFlowing === null
}

/** Whether the connection can be reused after the answer, although the body was not read. */
export function staysOpen({ headers, complete }: IncomingMessage): boolean {
  if (complete) return true
  // A client that waits for `100 Continue` may or may not send its body after the answer; the server cannot know.
  if (headers.expect !== undefined || headers['transfer-encoding'] !== undefined) return false
  const length = headers['content-length']
  return length === undefined || Number(length) <= smallBytes
}

/**
 * Ends an answer whose head has been written, to a request whose body was not read to its end. The client gets the whole answer at once. A
 * connection that does not stay open is closed after the rest of the body was discarded.
 */
export function endUnread(request: IncomingMessage, response: ServerResponse, body: string | Buffer): void {
  if (staysOpen(request)) {
    response.end(body)
    // Most bodies arrive together with their head, so the deadline is set only for those that have not.
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

/** Closes the connection if the request has not arrived completely in time; for routes that need no body or a small one. */
export function limitBodyTime(request: IncomingMessage): void {
  setImmediate(closeWithoutRest, request)
}
