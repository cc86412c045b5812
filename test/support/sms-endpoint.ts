import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { after } from 'node:test'

/** A text message as the gateway was given it. */
export type Text = { readonly id: string; readonly to: string; readonly text: string; readonly poolId: string }

type Answer = number | 'hang'

export type SmsEndpoint = {
  /** Flags of a server whose text messages come here. */
  readonly flags: readonly string[]
  /** What was taken, of one pool, oldest first. */
  takenFor(poolId: string): readonly Text[]
  /** Answers the messages to a number with these, one after the other; the last one stays. 200 where nothing is said. */
  answerTo(number: string, ...answers: readonly Answer[]): void
}

/** The far end of text messages. Open it before the server, in the same file. */
export async function openSmsEndpoint(): Promise<SmsEndpoint> {
  const taken: Text[] = []
  const scripts = new Map<string, Answer[]>()
  const hanging = new Set<ServerResponse>()
  const server = createServer(async (request, response) => {
    const message = (await json(request)) as Text
    const script = scripts.get(message.to) ?? [200]
    const answer = (script.length > 1 ? script.shift() : script[0]) ?? 200
    if (answer === 'hang') return void hanging.add(response)
    if (answer === 200) taken.push(message)
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
    takenFor: (poolId) => taken.filter((message) => message.poolId === poolId),
    answerTo: (number, ...answers) => void scripts.set(number, [...answers]),
  }
}
