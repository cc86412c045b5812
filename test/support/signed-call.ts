import { signedRequest } from '../access/request-signer.ts'
import { type Credentials, type ProductionServer, plainRequest } from './production-server.ts'

/** An operation of Lifeguard's own, signed. Throws an error with the name and message of the answer. */
export async function signedCall(
  server: ProductionServer,
  { accessKeyId, secretAccessKey }: Credentials,
  operation: string,
  request: object,
  // biome-ignore lint/suspicious/noExplicitAny: each operation answers something else
): Promise<any> {
  const signer = { id: accessKeyId, secret: secretAccessKey, at: server.clock.now(), region: server.region, service: 'lifeguard' }
  const body = JSON.stringify(request)
  const { headers } = await signedRequest(signer, { headers: { 'x-amz-target': `LifeguardService.${operation}` }, body })
  const { status, text } = await plainRequest(server.url, { headers, body })
  const answer = JSON.parse(text)
  if (status === 200) return answer
  const error = new Error(answer.message)
  error.name = answer.__type
  throw error
}
