import { rawCall } from './raw-call.ts'
import type { TestServer } from './test-server.ts'

/** Calls an operation of Lifeguard's own; what it refuses is thrown as an error of that name, as the SDK does. */
// biome-ignore lint/suspicious/noExplicitAny: no SDK types these answers
export async function callOwn(server: Pick<TestServer, 'url'>, operation: string, request: object): Promise<any> {
  const { status, body } = await rawCall(server, `LifeguardService.${operation}`, request)
  if (status === 200) return body
  throw Object.assign(new Error(String(body['message'])), { name: String(body['__type']) })
}
