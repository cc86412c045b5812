import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { PortabilityError } from '../portability-error.ts'
import { scryptIdentity, scryptRecipient } from './scrypt-stanza.ts'

/**
 * How a backup is sealed: under a passphrase, or for the owners of X25519 identities. A recipient is the public half of an identity and
 * begins with `age1`. The format is that of age (https://age-encryption.org/v1).
 */
export type Sealing = { readonly passphrase: string } | { readonly recipients: readonly string[] }

/** What opens a sealed backup: its passphrase, or an identity, which begins with `AGE-SECRET-KEY-1`. */
export type Opening = { readonly passphrase: string } | { readonly identity: string }

export type IdentityPair = { readonly identity: string; readonly recipient: string }

export async function newIdentity(): Promise<IdentityPair> {
  const identity = await generateX25519Identity()
  return { identity, recipient: await identityToRecipient(identity) }
}

/** @throws PortabilityError when a recipient is not valid */
export function requireRecipients(recipients: readonly string[]): void {
  for (const recipient of recipients) encrypterFor({ recipients: [recipient] })
}

function encrypterFor(sealing: Sealing): Encrypter {
  const encrypter = new Encrypter()
  if ('passphrase' in sealing) encrypter.addRecipient(scryptRecipient(sealing.passphrase))
  else {
    for (const recipient of sealing.recipients) {
      // Other kinds of recipients would need more than an X25519 identity to open the backup.
      if (!/^age1[02-9ac-hj-np-z]{58}$/.test(recipient)) throw invalidRecipient(recipient)
      try {
        encrypter.addRecipient(recipient)
      } catch {
        throw invalidRecipient(recipient)
      }
    }
  }
  return encrypter
}

function invalidRecipient(recipient: string): PortabilityError {
  return new PortabilityError(
    `${JSON.stringify(recipient.slice(0, 80))} is no recipient. A recipient begins with age1 and has 62 characters; see: lifeguard backup keygen FILE`,
  )
}

export async function sealText(sealing: Sealing, text: string): Promise<Uint8Array> {
  return encrypterFor(sealing).encrypt(text)
}

/** Seals a stream in chunks of 64 KiB. */
export async function sealStream(sealing: Sealing, plain: Readable): Promise<Readable> {
  return fromWeb(await encrypterFor(sealing).encrypt(toWeb(plain)))
}

/** @throws PortabilityError when the passphrase or identity is not the one, or the text was altered */
export async function openText(opening: Opening, sealed: Uint8Array): Promise<string> {
  try {
    return await decrypterFor(opening).decrypt(sealed, 'text')
  } catch (error) {
    if (error instanceof PortabilityError) throw error
    throw new PortabilityError(
      'passphrase' in opening ? 'The passphrase is not the one of the backup.' : 'The backup was not sealed for this identity.',
    )
  }
}

/** The opened stream ends with an error when a chunk was altered or is missing. */
export async function openStream(opening: Opening, sealed: Readable): Promise<Readable> {
  return fromWeb(await decrypterFor(opening).decrypt(toWeb(sealed)))
}

function decrypterFor(opening: Opening): Decrypter {
  const decrypter = new Decrypter()
  if ('passphrase' in opening) decrypter.addIdentity(scryptIdentity(opening.passphrase))
  else decrypter.addIdentity(opening.identity)
  return decrypter
}

type WebStream = globalThis.ReadableStream<Uint8Array>

const toWeb = (stream: Readable): WebStream => Readable.toWeb(stream) as ReadableStream<Uint8Array> as WebStream
const fromWeb = (stream: WebStream): Readable => Readable.fromWeb(stream as ReadableStream<Uint8Array>)
