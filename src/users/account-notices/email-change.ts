import type { Attributes } from '../user.ts'

/**
 * A change of a user's verified e-mail address that a link in a notice to the old address can undo. The link itself is not stored: a hash of
 * its token is.
 */
export type EmailChange = {
  readonly poolId: string
  readonly sub: string
  /** 1 for the first change of the user that is stored, and so on. */
  readonly position: number
  readonly tokenHash: string
  /** Epoch milliseconds. */
  readonly changedAt: number
  readonly expiresAt: number
  readonly replaced: ReplacedAddresses
}

/** What the user had before the change. */
export type ReplacedAddresses = { readonly email: string; readonly phoneNumber: string | undefined }

export const replacedBy = (before: Attributes): ReplacedAddresses => ({
  email: before['email'] ?? '',
  phoneNumber: before['phone_number'],
})

/** The most changes of one user that are stored. The first ones matter: the first link undoes everything after it. */
export const mostChanges = 20
