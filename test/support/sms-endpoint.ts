import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { after } from 'node:test'

/** A text message as the endpoint received it. */
export type Text = { readonly id: string; readonly to: string; readonly text: string; readonly poolId: string }

type Answer = number | 'hang'

export type SmsEndpoint = {
  /** Flags of a server that sends its text messages to this endpoint. */
  readonly flags: readonly string[]
  /** The messages of a pool that were accepted, oldest first. */
  acceptedOf(poolId: string): readonly Text[]
  /** Sets the answers for messages to a phone number, in order. The last answer is repeated. The default is 200. */
  answerTo(number: string, ...answers: readonly Answer[]): void
}

/** Plays the outside service that delivers text messages. Open it before the server, in the same file. */
export async function openSmsEndpoint(): Promise<SmsEndpoint> {
  const accepted: Text[] = []
  const scripts = new Map<string, Answer[]>()
  const hanging = new Set<ServerResponse>()
  const server = createServer(async (request, response) => {
    const message = (await json(request)) as Text
    const script = scripts.get(message.to) ?? [200]
    const answer = (script.length > 1 ? script.shift() : script[0]) ?? 200
    if (answer === 'hang') return void hanging.add(response)
    if (answer === 200) accepted.push(message)
    response.writeHead(answer).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    for (const response of hanging) response.destroy()
    server.closeAllConnections()
    server.close()
  })
  return {
    flags: ['--sms-gateway-url', `http://127.0.0.1:${(server.address() as AddressInfo).port}/send`],
    acceptedOf: (poolId) => accepted.filter((message) => message.poolId === poolId),
    answerTo: (number, ...answers) => void scripts.set(number, [...answers]),
  }
}
