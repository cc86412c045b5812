import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { buildClient, CommitmentPolicy, type KeyringNode, RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node'

/** The commitment policy of the sample function in Cognito's guide. */
const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT)

export type Decrypted = { readonly text: string; readonly context: Readonly<Record<string, string>> }

/**
 * Decrypts the code of an event as a trigger function does. `context` is the encryption context without `aws-crypto-public-key`, which the
 * library adds.
 */
export async function decryptCode(keyring: KeyringNode, code: string): Promise<Decrypted> {
  const { plaintext, messageHeader } = await decrypt(keyring, Buffer.from(code, 'base64'))
  const { 'aws-crypto-public-key': _added, ...context } = messageHeader.encryptionContext
  return { text: plaintext.toString(), context }
}

/** A key file as an operator makes it, and the keyring of a trigger function with the same key. */
export function openCodeKeyFile(): { readonly file: string; readonly flags: readonly string[]; keyring(keyArn: string): KeyringNode } {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-code-key-'))
  const file = join(folder, 'code.key')
  const key = randomBytes(32)
  writeFileSync(file, `${key.toString('hex')}\n`, { mode: 0o600 })
  after(() => rmSync(folder, { recursive: true, force: true }))
  return {
    file,
    flags: ['--code-key-file', file],
    keyring: (keyName) =>
      new RawAesKeyringNode({
        keyName,
        keyNamespace: 'lifeguard',
        unencryptedMasterKey: new Uint8Array(key),
        wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
      }),
  }
}
