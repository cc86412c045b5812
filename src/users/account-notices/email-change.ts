import { sealMark } from '../../base/secrets.ts'
import type { SoftwareToken } from '../mfa/software-token.ts'
import type { MfaPreferences, User } from '../user.ts'

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
  readonly replaced: Replaced
}

/** What the user had before the change. */
export type Replaced = {
  readonly email: string
  readonly phoneNumber: string | undefined
  readonly mfa: MfaPreferences | null
  /** Tells the authenticator app of that time from another one. Null when the user had none. */
  readonly appMark: string | null
}

export const replacedBy = ({ attributes, mfa }: Pick<User, 'attributes' | 'mfa'>, app: SoftwareToken | undefined): Replaced => ({
  email: attributes['email'] ?? '',
  phoneNumber: attributes['phone_number'],
  mfa,
  appMark: appMarkOf(app),
})

/** The seal mark of the app's secret: a new seal under another master key does not change it. Null without a registered app. */
export const appMarkOf = (app: SoftwareToken | undefined): string | null => (app?.secret == null ? null : sealMark(app.secret))

/** The most changes of one user that are stored. The first ones matter: the first link undoes everything after it. */
export const mostChanges = 20
