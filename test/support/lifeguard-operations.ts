import { rawCall } from './raw-call.ts'
import type { TestServer } from './test-server.ts'

/**
 * Calls an operation that only Lifeguard has. No SDK knows such an operation.
 * @throws Error with the name and message of the response
 */
export async function callLifeguard(
  server: Pick<TestServer, 'url'>,
  operation: string,
  request: object,
  headers: Readonly<Record<string, string>> = {},
  // biome-ignore lint/suspicious/noExplicitAny: each operation has another response
): Promise<any> {
  const { status, body, text } = await rawCall(server, `LifeguardService.${operation}`, request, headers)
  if (status === 200) return body
  const error = new Error(String(body['message'] ?? text))
  error.name = String(body['__type'])
  throw error
}
