import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { type Identity, type Recipient, Stanza } from 'age-encryption'
import { PortabilityError } from '../portability-error.ts'

/** The logarithm to base 2 of scrypt's cost of new backups: 256 MB, and about a second. */
const workFactorOfNew = 18

/** The highest cost that is accepted in a file: 1 GB. A file from a stranger could otherwise take all memory. */
const maxWorkFactor = 20

const label = Buffer.from('age-encryption.org/v1/scrypt')
const tagBytes = 16
const deriveKey = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt)

/** The key of a passphrase. Node's scrypt runs in a thread of its own, so that a server goes on meanwhile; that of the library does not. */
function keyOf(passphrase: string, salt: Buffer, workFactor: number): Promise<Buffer> {
  const N = 2 ** workFactor
  return deriveKey(passphrase, Buffer.concat([label, salt]), 32, { N, r: 8, p: 1, maxmem: 128 * 8 * N + 64 * 1024 * 1024 })
}

/** The scrypt stanza of the age specification, https://c2sp.org/age#scrypt-recipient-stanza. */
export function scryptRecipient(passphrase: string): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = randomBytes(16)
      const key = await keyOf(passphrase, salt, workFactorOfNew)
      const cipher = createCipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: tagBytes })
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()])
      return [new Stanza(['scrypt', base64Of(salt), String(workFactorOfNew)], new Uint8Array(body))]
    },
  }
}

export function scryptIdentity(passphrase: string): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const [stanza] = stanzas
      const [kind, salt = '', factor = ''] = stanza?.args ?? []
      if (stanza === undefined || kind !== 'scrypt') return null
      // The specification demands that a scrypt stanza is alone: a file key with other recipients would not be proof of the passphrase.
      if (stanzas.length !== 1 || stanza.args.length !== 3 || !/^[1-9]\d?$/.test(factor) || stanza.body.length !== 32) {
        throw new PortabilityError('The keys of the backup are damaged. Use another copy of the file.')
      }
      if (Number(factor) > maxWorkFactor) {
        throw new PortabilityError(`The passphrase of the backup has the work factor ${factor}, and at most ${maxWorkFactor} is accepted.`)
      }
      return openBody(await keyOf(passphrase, Buffer.from(salt, 'base64'), Number(factor)), Buffer.from(stanza.body))
    },
  }
}

function openBody(key: Buffer, body: Buffer): Uint8Array | null {
  const decipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: tagBytes })
  decipher.setAuthTag(body.subarray(-tagBytes))
  try {
    return new Uint8Array(Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]))
  } catch {
    return null
  }
}

const base64Of = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
