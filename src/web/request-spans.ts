import type { IncomingMessage, RequestListener } from 'node:http'
import { isStsAction } from '../authorization/sts/sts-action.ts'
import { endSpan, getActiveSpan, inRequestSpan, isTracing, markFailed, type SpanAttributes } from '../base/tracing.ts'
import { findOperationByTarget } from '../contract/services.ts'
import type { AnsweredRequest, RequestLog } from './request-log.ts'
import { isQueryCall, isRpc } from './rpc/received-head.ts'

type Router = { readonly onRequest: RequestListener; readonly onContinue: RequestListener }

/** With tracing, each request is a span, which ends with the line in the log (see `traceLog`). Without tracing, it returns `router`. */
export function traceRequests({ onRequest, onContinue }: Router): Router {
  return isTracing() ? { onRequest: traced(onRequest), onContinue: traced(onContinue) } : { onRequest, onContinue }
}

function traced(listener: RequestListener): RequestListener {
  return (request, response) => {
    const scheme = 'encrypted' in request.socket ? 'https' : 'http'
    const { name, attributes } = spanOf(request)
    const common = { 'http.request.method': request.method, 'url.scheme': scheme }
    inRequestSpan(request.headers, { name, attributes: { ...common, ...attributes } }, (span) => {
      // Some requests have no line in the log. The line of a route whose client has gone away is written outside of the span. The work of an
      // API call goes on without the client: its line ends the span, or `traceShed`.
      response.once('close', () => {
        if (!span.isRecording()) return
        if (!response.headersSent) {
          if (!isRpc(request)) endSpan(span, { 'error.type': 'aborted' })
          return
        }
        if (response.statusCode >= 500) markFailed(span, String(response.statusCode))
        endSpan(span, { 'http.response.status_code': response.statusCode })
      })
      listener(request, response)
    })
  }
}

/** What is known at the start, so that a sampler can decide by it. A path may hold data of users, so only its route is recorded, later. */
function spanOf(request: IncomingMessage): { readonly name: string; readonly attributes: SpanAttributes } {
  const { method = '', headers } = request
  if (!isRpc(request)) return { name: method, attributes: {} }
  const target = headers['x-amz-target']
  const operation = method === 'POST' && typeof target === 'string' ? findOperationByTarget(target) : undefined
  const route = { 'url.path': '/', 'http.route': '/' }
  if (operation === undefined) {
    // The body names the action of a Query call. `endRequestSpan` adds it.
    return { name: `${method} /`, attributes: isQueryCall(request) ? { ...route, 'rpc.system.name': 'aws-api' } : route }
  }
  return {
    name: operation.name,
    attributes: { ...route, 'rpc.system.name': 'aws-api', 'rpc.method': target?.toString().replace('.', '/') },
  }
}

/** With tracing, the span of a request gets what the log says about it, and ends. */
export function traceLog(log: RequestLog): RequestLog {
  if (!isTracing()) return log
  return (answered) => {
    log(answered)
    endRequestSpan(answered)
  }
}

/** With tracing, a request that is refused because the server is overloaded ends its span. It has no line in the log. */
export function traceShed(countShed: () => void): () => void {
  if (!isTracing()) return countShed
  return () => {
    countShed()
    const span = getActiveSpan()
    markFailed(span, '503')
    endSpan(span, { 'http.response.status_code': 503 })
  }
}

function endRequestSpan({ logFields: { operation, userPoolId, clientId }, status, outcome }: AnsweredRequest): void {
  const span = getActiveSpan()
  const [method = '', route] = operation.split(' ')
  // The operation of a route is its method and its path, or `unknown`.
  span?.updateName(route === 'unknown' ? method : operation)
  if (status >= 500) markFailed(span, outcome)
  endSpan(span, {
    'http.response.status_code': status,
    'lifeguard.user_pool.id': userPoolId,
    'lifeguard.app_client.id': clientId,
    ...(isStsAction(operation) ? { 'rpc.method': `AWSSecurityTokenServiceV20110615/${operation}` } : {}),
    ...(route === undefined ? { 'rpc.status_code': outcome === 'ok' ? 'OK' : outcome } : {}),
    ...(route === undefined || route === 'unknown' ? {} : { 'http.route': route }),
  })
}
