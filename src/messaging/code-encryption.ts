import type { KmsKeyringNode, RawAesKeyringNode } from '@aws-crypto/client-node'
import type { KMS } from '@aws-sdk/client-kms'
import { DeliveryError } from './gateways/gateway.ts'

/** The pool and key that a code is encrypted for. The encrypted text names both, so that the custom sender can check them. */
export type CodeEncryptionContext = {
  readonly poolId: string
  /** The pool's KMSKeyID. */
  readonly keyArn: string
}

/**
 * Encrypts a code for a custom sender: base64 of a message of the AWS Encryption SDK.
 * @throws DeliveryError when there is no key, or encryption fails.
 */
export type EncryptCode = (code: string, context: CodeEncryptionContext) => Promise<string>

type KmsKeys = { readonly kind: 'kms'; readonly region: string | undefined; readonly endpoint: string | undefined }
export type CodeKeys = { readonly kind: 'local'; readonly key: Buffer } | KmsKeys

/** The namespace of the local key (not of KMS keys). The program that decrypts a code finds the key by namespace and KMSKeyID. */
const keyNamespace = 'lifeguard'

/** Creates the function that encrypts codes. Without `keys` every encryption fails: the messages wait in the outbox until they expire. */
export function createCodeEncryption(keys: CodeKeys | undefined): EncryptCode {
  return async (code, context) => {
    if (keys === undefined) throw new DeliveryError('no key for codes: neither --code-key-file nor --kms-region is set')
    try {
      return await encrypt(keys, code, context)
    } catch (error) {
      // Only the name of the error is kept, because its message may quote the code or the key.
      const name = error instanceof Error ? error.name : 'unknown failure'
      throw new DeliveryError(`the code could not be encrypted (${keys.kind === 'kms' ? `KMS: ${name}` : name})`, { cause: error })
    }
  }
}

async function encrypt(keys: CodeKeys, code: string, { poolId, keyArn }: CodeEncryptionContext): Promise<string> {
  const keyring = await (keys.kind === 'local' ? localKeyring(keys.key, keyArn) : kmsKeyring(keys, keyArn))
  const { buildClient, CommitmentPolicy } = await loadEncryptionSdk()
  // Codes are encrypted without key commitment, as Cognito encrypts its codes, which begin with `AYADe`. So a function that can decrypt
  // Cognito's codes can decrypt Lifeguard's.
  const client = buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
  const { result } = await client.encrypt(keyring, code, { encryptionContext: { 'userpool-id': poolId } })
  return result.toString('base64')
}

/** Loads the library when the first code is encrypted. It is slow to load, and most installations have no custom sender. */
const loadEncryptionSdk = () => import('@aws-crypto/client-node')

async function localKeyring(key: Buffer, keyName: string): Promise<RawAesKeyringNode> {
  const { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } = await loadEncryptionSdk()
  return new RawAesKeyringNode({
    keyName,
    keyNamespace,
    // A copy, because the library rejects a view of a larger buffer.
    unencryptedMasterKey: new Uint8Array(key),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
}

async function kmsKeyring({ region: ownRegion, endpoint }: KmsKeys, keyArn: string): Promise<KmsKeyringNode> {
  const [{ KmsKeyringNode }, { KMS }] = await Promise.all([loadEncryptionSdk(), import('@aws-sdk/client-kms')])
  const clientProvider = (region: string) => kmsClient(KMS, ownRegion ?? region, endpoint)
  return new KmsKeyringNode({ generatorKeyId: keyArn, clientProvider })
}

/** The KMS clients by region and endpoint. They are kept, because a client keeps its connections. */
const kmsClients = new Map<string, KMS>()

function kmsClient(Client: typeof KMS, region: string, endpoint: string | undefined): KMS {
  const name = `${region} ${endpoint}`
  const existing = kmsClients.get(name)
  if (existing !== undefined) return existing
  // A call of KMS may give up after a short time, because the outbox retries the message.
  const limits = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout: 8_000 } }
  const client = new Client({ region, ...limits, ...(endpoint !== undefined && { endpoint }) })
  kmsClients.set(name, client)
  return client
}
