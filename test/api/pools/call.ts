import type { TestServer } from '../../support/test-server.ts'

/** Calls an operation without the SDK, for requests that the SDK would not send and responses that it would change. */
export async function call(server: TestServer, operation: string, body: string | object): Promise<{ status: number; body: string }> {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${operation}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: await response.text() }
}
