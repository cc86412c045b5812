import { signedRequest } from '../access/request-signer.ts'
import { type Credentials, type ProductionServer, plainRequest } from './production-server.ts'

/**
 * Calls an operation that only Lifeguard has, with a signed request.
 * @throws Error with the name and message of the response
 */
export async function signedCall(
  server: Pick<ProductionServer, 'url' | 'region'> & { readonly clock: { now(): number } },
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  operation: string,
  request: object,
  // biome-ignore lint/suspicious/noExplicitAny: each operation has another response
): Promise<any> {
  const signer = {
    id: accessKeyId,
    secret: secretAccessKey,
    sessionToken,
    at: server.clock.now(),
    region: server.region,
    service: 'lifeguard',
  }
  const body = JSON.stringify(request)
  const { headers } = await signedRequest(signer, { headers: { 'x-amz-target': `LifeguardService.${operation}` }, body })
  const { status, text } = await plainRequest(server.url, { headers, body })
  const response = JSON.parse(text)
  if (status === 200) return response
  const error = new Error(response.message)
  error.name = response.__type
  throw error
}
