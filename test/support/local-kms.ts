import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after } from 'node:test'

type KmsRequest = {
  readonly KeyId?: string
  readonly NumberOfBytes?: number
  readonly Plaintext?: string
  readonly CiphertextBlob?: string
  readonly EncryptionContext?: Readonly<Record<string, string>>
}

export type LocalKms = {
  readonly endpoint: string
  /** The operations that were called, with the region in the signature. */
  readonly calls: readonly string[]
  /** From now on every call fails with this error. Undefined makes calls succeed again. */
  failWith(error: string | undefined): void
}

/** The part of KMS that the AWS Encryption SDK needs, for keys of any name. */
export async function openLocalKms(): Promise<LocalKms> {
  const calls: string[] = []
  let failure: string | undefined
  const keys = createKeys()
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = String(request.headers['x-amz-target']).replace('TrentService.', '')
    const [, region = ''] = /Credential=[^/]+\/\d+\/([^/]+)\/kms\//.exec(request.headers.authorization ?? '') ?? []
    calls.push(`${name} ${region}`)
    const body = JSON.parse(await text(request)) as KmsRequest
    const result = failure === undefined ? keys.run(name, body) : undefined
    response.writeHead(result === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(result ?? { __type: failure ?? 'InvalidCiphertextException' }))
  }

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    failWith(error) {
      failure = error
    },
  }
}

function createKeys() {
  const key = randomBytes(32)
  const bound = (keyId: string, context: KmsRequest['EncryptionContext'] = {}) =>
    Buffer.from(JSON.stringify([keyId, Object.entries(context).sort()]))

  function encrypt(keyId: string, plain: Buffer, context: KmsRequest['EncryptionContext']): string {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(bound(keyId, context))
    const body = Buffer.concat([cipher.update(plain), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64')
  }

  function decrypt(keyId: string, blob: Buffer, context: KmsRequest['EncryptionContext']): string | undefined {
    const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(0, 12)).setAAD(bound(keyId, context))
    decipher.setAuthTag(blob.subarray(12, 28))
    try {
      return Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]).toString('base64')
    } catch {
      return undefined
    }
  }

  return {
    /** The response of the operation `name`. Undefined for an unknown operation, or a ciphertext that does not decrypt. */
    run(name: string, { KeyId = '', NumberOfBytes = 32, Plaintext = '', CiphertextBlob = '', EncryptionContext }: KmsRequest) {
      if (name === 'GenerateDataKey') {
        const plain = randomBytes(NumberOfBytes)
        return { KeyId, Plaintext: plain.toString('base64'), CiphertextBlob: encrypt(KeyId, plain, EncryptionContext) }
      }
      if (name === 'Encrypt') return { KeyId, CiphertextBlob: encrypt(KeyId, Buffer.from(Plaintext, 'base64'), EncryptionContext) }
      const plain = name === 'Decrypt' ? decrypt(KeyId, Buffer.from(CiphertextBlob, 'base64'), EncryptionContext) : undefined
      return plain === undefined ? undefined : { KeyId, Plaintext: plain }
    },
  }
}
