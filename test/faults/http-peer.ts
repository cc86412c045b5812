import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Gateway } from '../../src/messaging/gateways/gateway.ts'
import { createOutboxWorker } from '../../src/messaging/outbox-worker.ts'
import type { MessagingSetup } from '../api/messaging/messaging-setup.ts'

export type ReceivedRequest = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }
export type Answer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'hang'
  | 'hang up'
  | 'nonsense'

/** Stands in for the outside service (SNS, Twilio, …) that a gateway calls over HTTP. It gives `answers` in order, and the last one again and again. */
export async function startPeer(...answers: readonly [Answer, ...Answer[]]) {
  const requests: ReceivedRequest[] = []
  const server = createServer(async (request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? 'hang'
    requests.push({ path: request.url ?? '', headers: request.headers, body: await text(request) })
    if (answer === 'hang') return
    if (answer === 'hang up') return void request.socket.destroy()
    if (answer === 'nonsense') return void request.socket.end('¿Qué? 123456 \u0000\r\n\r\n')
    response.writeHead(answer.status, answer.headers).end(answer.body ?? '')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const unexpected: Gateway = {
  deliver: async () => {
    throw new Error('nothing was queued for this channel')
  },
}

/** A worker that delivers the messages of one channel through the gateway under test. On the other channel it expects no message. */
export function startWorkerOf(setup: MessagingSetup, gateways: { email?: Gateway<never>; sms?: Gateway<never> }) {
  const both = { email: unexpected, sms: unexpected, ...gateways } as { email: Gateway; sms: Gateway }
  const worker = createOutboxWorker({ ...setup, gateways: both, pollMs: 3_600_000, graceMs: 0 })
  return Object.assign(worker, { [Symbol.asyncDispose]: () => worker.close() })
}

type Worker = ReturnType<typeof startWorkerOf>

/** Delivers due messages `times` times. After each time, the clock advances far enough for the next attempt. */
export async function tryTimes(setup: MessagingSetup, worker: Worker, times: number): Promise<void> {
  for (let attempt = 0; attempt < times; attempt++) {
    await worker.drain()
    setup.clock.advance(60_000)
  }
}

/** State, number of attempts and reason of each message in the outbox. */
export async function outcomesIn(setup: MessagingSetup): Promise<unknown[]> {
  const rows = await setup.db.selectFrom('outbox').select(['state', 'attempts', 'last_error']).orderBy('id').execute()
  return rows.map(({ state, attempts, last_error }) => [state, attempts, last_error])
}
