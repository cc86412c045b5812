import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createWarningThrottle, type WarningThrottle } from '../../base/warning-throttle.ts'
import { DatabaseUnavailableError } from '../../storage/database-unavailable-error.ts'
import { preflightHeaders, readableByPages } from '../cors.ts'
import { foreignHostMessage, isForeignHost } from '../host-guard.ts'
import type { HttpOptions } from '../http-options.ts'
import { DeadlineError, type RunLimits, runAdmitted, ShedError } from '../overload/run-admitted.ts'
import type { RequestLogFields } from '../request-log.ts'
import { commonHeaders } from '../response-headers.ts'
import { endUnread, staysOpen, waitsForContinue } from '../unread-body.ts'
import type { RpcCall } from './dispatcher.ts'
import type { CheckedHead } from './gate.ts'
import type { Protocol } from './protocol.ts'
import { isQueryCall, ReceivedHead } from './received-head.ts'
import { type BodyReader, BudgetError, tooLarge } from './request-body.ts'
import type { RpcAnswer } from './rpc-error.ts'

type Options = HttpOptions &
  RunLimits & {
    readonly json: Protocol
    readonly query: Protocol
    readonly bodies: BodyReader
    /** Called for each request that is refused because the server is overloaded. */
    readonly countShed: () => void
  }

/**
 * Serves `POST /`, which is every API operation, and `OPTIONS /`. The headers of a request choose its protocol. It uses Node's own HTTP:
 * nearly all requests come here, and a framework's routing, hooks and replies would cost as much as a request's database look-ups.
 *
 * A request is refused before its body is read if the headers are reason enough.
 */
export function rpcListener(options: Options): RequestListener {
  const { admission, trustedProxies, logger, log, strictTransport, isClosing, countShed } = options
  const warnings = createWarningThrottle()
  const headersForAll = Object.entries({ ...commonHeaders({ strictTransport }), ...readableByPages }).flat()

  function send(request: IncomingMessage, response: ServerResponse, id: string, { status, headers, body }: RpcAnswer): void {
    // `writeHead` takes a flat list of names and values.
    const all = ['x-amzn-requestid', id, ...headersForAll]
    for (const name in headers) all.push(name, headers[name] ?? '')
    // An answer with the status 204 must not have a content length (RFC 9110 §8.6).
    if (status !== 204) all.push('content-length', String(Buffer.byteLength(body)))
    if (isClosing() || !staysOpen(request)) all.push('connection', 'close')
    response.writeHead(status, all)
    if (request.complete) response.end(body)
    else endUnread(request, response, body)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const start = performance.now()
    const id = randomUUID()
    const head = new ReceivedHead(request, trustedProxies)
    const logFields: RequestLogFields = { operation: `${request.method} /`, address: head.context.ip }
    const protocol = protocolOf(options, request)
    const answered = await answer(options, warnings, { request, response, head, id, logFields, protocol })
    send(request, response, id, answered ?? protocol.unavailable(id))
    if (answered === undefined) countShed()
    else log({ id, logFields, status: answered.status, outcome: answered.errorCode || 'ok', milliseconds: performance.now() - start })
  }

  return (request, response) => {
    if (request.method === 'POST' && admission.isFull()) {
      // No promise and no log line: an overloaded server may refuse ten requests for each one that it answers.
      const id = randomUUID()
      send(request, response, id, protocolOf(options, request).unavailable(id))
      countShed()
      return
    }
    handle(request, response).catch((error: unknown) => {
      const failures = warnings.countToReport(`unsent ${typeName(error)}`, performance.now())
      if (failures !== undefined) logger.error({ err: error, failures }, 'An answer could not be sent')
      response.destroy()
    })
  }
}

/** The protocol of a request, which its headers choose. */
function protocolOf({ json, query }: Options, request: IncomingMessage): Protocol {
  return isQueryCall(request) ? query : json
}

type Received = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly head: ReceivedHead
  readonly id: string
  readonly logFields: RequestLogFields
  readonly protocol: Protocol
}

/** Undefined when the server is too busy to do any work for the request. */
async function answer(options: Options, warnings: WarningThrottle, received: Received): Promise<RpcAnswer | undefined> {
  const { loopbackOnly, logger } = options
  const { request, head, id, logFields, protocol } = received
  try {
    if (loopbackOnly && isForeignHost(request.headers.host)) return foreignHostAnswer
    if (request.method === 'OPTIONS') return preflight
    const call = protocol.open(head, logFields, id)
    if (Number(request.headers['content-length']) > call.limits.bytes) throw tooLarge(call.limits.bytes)
    const checked = call.checkHead && (await runAdmitted(options, call.checkHead))
    return await answerBody(options, received, call, checked)
  } catch (error) {
    const { operation } = logFields
    const refusal = protocol.writeRefusal(error, id)
    if (refusal !== undefined) return refusal
    if (error instanceof ShedError || error instanceof BudgetError) return undefined
    // The storage layer logs the cause once, not for each request.
    if (error instanceof DatabaseUnavailableError) return protocol.unavailable(id)
    if (error instanceof DeadlineError) {
      const requests = warnings.countToReport(`late ${operation}`, performance.now())
      if (requests !== undefined) logger.warn({ reqId: id, operation, requests }, 'A request took too long and was answered 503')
      return protocol.unavailable(id)
    }
    // Logged once a minute for each kind of failure: a stranger may be able to repeat it. The outcome of each request is in a line of its
    // own.
    const failures = warnings.countToReport(`${operation} ${typeName(error)}`, performance.now())
    if (failures !== undefined) logger.error({ err: error, reqId: id, operation, failures }, 'An operation failed')
    return protocol.writeFault(error, id)
  }
}

/** The kind of an error, by which failures are counted. The text of an error is not used, because it may be another one each time. */
const typeName = (error: unknown) => (error instanceof Error ? error.name : typeof error)

async function answerBody(options: Options, received: Received, call: RpcCall, checked: CheckedHead | undefined): Promise<RpcAnswer> {
  const { request, response, logFields, protocol } = received
  if (waitsForContinue(request)) response.writeContinue()
  const arrived = await options.bodies.read(request, call.limits.bytes)
  const body = await runAdmitted(options, () => call.answer(arrived.bytes, checked, logFields), arrived)
  return { status: 200, headers: { 'content-type': protocol.contentType }, body, errorCode: '' }
}

const preflight: RpcAnswer = { status: 204, headers: preflightHeaders, body: '', errorCode: '' }

const foreignHostAnswer: RpcAnswer = {
  status: 403,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify({ message: foreignHostMessage }),
  errorCode: '403',
}
