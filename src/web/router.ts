import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { hasSeveralHosts } from './host-guard.ts'
import { isUpload } from './import-routes.ts'
import type { RequestLog } from './request-log.ts'
import { isRpc } from './rpc/received-head.ts'
import { limitBodyTime } from './unread-body.ts'

type Options = {
  /** Handles calls of the JSON API, and sends `100 Continue` itself when a client waits for that. */
  readonly rpc: RequestListener
  /** Handles all other requests. */
  readonly routes: RequestListener
  readonly log: RequestLog
}

/** Passes each request to the API or to the other routes. Only uploads may take the full time that the listener allows. */
export function createRouter({ rpc, routes, log }: Options): { readonly onRequest: RequestListener; readonly onContinue: RequestListener } {
  const onRequest: RequestListener = (request, response) => {
    if (hasSeveralHosts(request.rawHeaders)) return refuse(request, response, log)
    if (isRpc(request)) return rpc(request, response)
    if (!isUpload(request)) limitBodyTime(request)
    routes(request, response)
  }
  return {
    onRequest,
    onContinue(request, response) {
      if (!isRpc(request) && !hasSeveralHosts(request.rawHeaders)) response.writeContinue()
      onRequest(request, response)
    },
  }
}

function refuse({ method }: IncomingMessage, response: ServerResponse, log: RequestLog): void {
  const id = randomUUID()
  const body = JSON.stringify({ message: 'A request must have one Host header.' })
  const headers = { 'content-type': 'application/json; charset=utf-8', 'x-amzn-requestid': id, connection: 'close' }
  response.writeHead(400, headers).end(body)
  log({ id, logFields: { operation: `${method} unknown` }, status: 400, outcome: '400', milliseconds: 0 })
}
