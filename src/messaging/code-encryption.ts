import { DeliveryError } from './gateways/gateway.ts'

/** What a code is encrypted for: the receiver checks both. */
export type CodePurposeFacts = {
  readonly poolId: string
  /** The pool's KMSKeyID. */
  readonly keyArn: string
}

/** Encrypts codes for the pools' own senders: base64 of a message of the AWS Encryption SDK. Throws `DeliveryError`. */
export type EncryptCode = (code: string, facts: CodePurposeFacts) => Promise<string>

export type CodeKeys =
  | { readonly kind: 'local'; readonly key: Buffer }
  | { readonly kind: 'kms'; readonly region: string | undefined; readonly endpoint: string | undefined }

/** Without keys nothing is encrypted, and what was to be sent stays in the outbox. */
export function createCodeEncryption(keys: CodeKeys | undefined): EncryptCode {
  return async (code, facts) => {
    if (keys === undefined) throw new DeliveryError('no key for codes: neither --code-key-file nor --kms-region is set')
    // The library is slow to load, and most installations have no custom sender.
    const { encryptFor } = await import('./code-encryption-keyrings.ts')
    try {
      return await encryptFor(keys, code, facts)
    } catch (error) {
      // Its words may quote what it was given; AWS's names of errors tell enough.
      const name = error instanceof Error ? error.name : 'unknown failure'
      throw new DeliveryError(`the code could not be encrypted (${keys.kind === 'kms' ? `KMS: ${name}` : name})`, { cause: error })
    }
  }
}
