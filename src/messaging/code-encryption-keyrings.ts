import { buildClient, CommitmentPolicy, KmsKeyringNode, RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node'
import { KMS } from '@aws-sdk/client-kms'
import type { CodeKeys, CodePurposeFacts } from './code-encryption.ts'

/** Names the local key to whoever decrypts, together with the pool's KMSKeyID. */
const keyNamespace = 'lifeguard'

/** Without key commitment, like Cognito's codes, which begin with `AYADe`: what decrypts those shall decrypt these. */
const { encrypt } = buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)

/** By region and endpoint. A client keeps its connections. */
const kmsClients = new Map<string, KMS>()

export async function encryptFor(keys: CodeKeys, code: string, { poolId, keyArn }: CodePurposeFacts): Promise<string> {
  const keyring = keys.kind === 'local' ? localKeyring(keys.key, keyArn) : kmsKeyring(keys, keyArn)
  const { result } = await encrypt(keyring, code, { encryptionContext: { 'userpool-id': poolId } })
  return result.toString('base64')
}

function localKeyring(key: Buffer, keyName: string): RawAesKeyringNode {
  return new RawAesKeyringNode({
    keyName,
    keyNamespace,
    // A copy, because the library takes no part of a larger buffer.
    unencryptedMasterKey: new Uint8Array(key),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
}

function kmsKeyring({ region: ownRegion, endpoint }: Extract<CodeKeys, { kind: 'kms' }>, keyArn: string): KmsKeyringNode {
  return new KmsKeyringNode({ generatorKeyId: keyArn, clientProvider: (region) => kmsClient(ownRegion ?? region, endpoint) })
}

function kmsClient(region: string, endpoint: string | undefined): KMS {
  const name = `${region} ${endpoint}`
  const known = kmsClients.get(name)
  if (known !== undefined) return known
  // What fails is for the outbox to repeat.
  const patience = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout: 8_000 } }
  const made = new KMS({ region, ...patience, ...(endpoint !== undefined && { endpoint }) })
  kmsClients.set(name, made)
  return made
}
