import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { RequestHead } from '../../src/access/signed-request.ts'

/** A signed request with its body. */
export type SignedRequest = RequestHead & { readonly body: Buffer }

/** Node's SHA-256 for AWS's own signer, `SignatureV4`. The tests sign with that signer: it shares no code with our verification. */
export class Sha256 {
  private readonly hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string)
  }
  update(bytes: Uint8Array): void {
    this.hash.update(bytes)
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest()
  }
  reset(): void {}
}

export type Draft = {
  method?: string
  path?: string
  query?: Record<string, string | string[]>
  headers?: Record<string, string>
  body?: string
}

export type Signer = {
  id: string
  secret: string
  sessionToken?: string | undefined
  at: number
  region?: string
  service?: string
  /** Sends (and signs) the hash of the body in `x-amz-content-sha256`. */
  sendHash?: boolean
}

export const target = 'AWSCognitoIdentityProviderService.AdminGetUser'

/** Signs a request. The tests can change any part of it afterwards. */
export async function signedRequest(signer: Signer, draft: Draft = {}): Promise<SignedRequest & { headers: Record<string, string> }> {
  const { method = 'POST', path = '/', query = {}, body = '{"UserPoolId":"us-east-1_AbCdEf123","Username":"ana"}' } = draft
  const v4 = new SignatureV4({
    credentials: {
      accessKeyId: signer.id,
      secretAccessKey: signer.secret,
      ...(signer.sessionToken && { sessionToken: signer.sessionToken }),
    },
    region: signer.region ?? 'us-east-1',
    service: signer.service ?? 'cognito-idp',
    sha256: Sha256,
    applyChecksum: signer.sendHash ?? false,
  })
  const { headers } = await v4.sign(
    {
      method,
      protocol: 'https:',
      hostname: 'auth.example.test',
      path,
      query,
      headers: { host: 'auth.example.test', 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target, ...draft.headers },
      body,
    },
    { signingDate: new Date(signer.at) },
  )
  return { method, path, query: rawQuery(query), headers, body: Buffer.from(body) }
}

/** The query string, with the names in the order of the object `query`. (The canonical query, which is signed, has them sorted.) */
function rawQuery(query: Record<string, string | string[]>): string {
  return Object.entries(query)
    .flatMap(([name, values]) => [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`))
    .join('&')
}
