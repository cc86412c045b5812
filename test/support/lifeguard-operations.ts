import { rawCall } from './raw-call.ts'
import type { TestServer } from './test-server.ts'

/** An operation of Lifeguard's own, which no SDK knows. Throws an error with the name and message of the answer. */
export async function callLifeguard(
  server: Pick<TestServer, 'url'>,
  operation: string,
  request: object,
  headers: Readonly<Record<string, string>> = {},
  // biome-ignore lint/suspicious/noExplicitAny: each operation answers something else
): Promise<any> {
  const { status, body, text } = await rawCall(server, `LifeguardService.${operation}`, request, headers)
  if (status === 200) return body
  const error = new Error(String(body['message'] ?? text))
  error.name = String(body['__type'])
  throw error
}
