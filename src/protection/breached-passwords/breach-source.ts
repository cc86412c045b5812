import { createHash } from 'node:crypto'

/** A password that is looked up. It must never be logged, and never become part of a span or an error. */
export type LookedUpPassword = {
  readonly text: string
  /** SHA-1 of its UTF-8 form, in 40 hex digits in upper case, as lists of stolen passwords have it. */
  readonly sha1: string
}

/** A list of stolen passwords. */
export type BreachSource = {
  readonly kind: SourceKind
  /**
   * Whether the list has the password. It gives up when `signal` is aborted.
   * @throws BreachSourceError when the source gives no usable answer
   */
  has(password: LookedUpPassword, signal: AbortSignal): Promise<boolean>
  close(): Promise<void>
}

export type SourceKind = 'embedded' | 'file' | 'range'

/** Why a source gave no usable answer. The message contains neither a password nor any digit of its hash. */
export class BreachSourceError extends Error {
  override name = 'BreachSourceError'
}

/** SHA-1 is not meant to protect anything here: it is what the lists are made with. */
export function lookedUp(password: string): LookedUpPassword {
  return { text: password, sha1: createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase() }
}
