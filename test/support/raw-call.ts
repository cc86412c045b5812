import { noteSecrets } from './evidence.ts'
import type { TestServer } from './test-server.ts'

export type RawAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body's members; empty when it is not a JSON object. */
  readonly body: Readonly<Record<string, unknown>>
}

export const jsonContentType = 'application/x-amz-json-1.1'

/** Sends `POST /` without an SDK. Takes an operation's wire name or a whole target, and the body as bytes, text or JSON value. */
export async function rawCall(
  server: Pick<TestServer, 'url'>,
  operation: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const target = operation.includes('.') ? operation : `AWSCognitoIdentityProviderService.${operation}`
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  return rawRequest(server, { headers: { 'content-type': jsonContentType, 'x-amz-target': target, ...headers }, body: sent })
}

/** Sends any request; the default is `POST /`. */
export async function rawRequest(server: Pick<TestServer, 'url'>, init: RequestInit, path = '/'): Promise<RawAnswer> {
  const response = await fetch(server.url + path, { method: 'POST', ...init })
  const text = await response.text()
  noteSecrets(init.body)
  noteSecrets(text)
  return { status: response.status, headers: response.headers, text, body: readObject(text) }
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
