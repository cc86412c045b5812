import { writeMfa } from './mfa/mfa-wire.ts'
import { splitVerifierName } from './passwords/verifier-name.ts'
import type { User } from './user.ts'
import { writeUserState } from './wire.ts'

/**
 * All of the user that an audited change may change, in wire form, so that an audit record can name the members that changed.
 * @NOTE The result contains attributes and the sealed password. Compare it; never store it.
 */
export function writeComparedUser(user: User): object {
  return {
    ...writeUserState(user),
    ...writeMfa(user),
    UserAttributes: user.attributes,
    Password: user.password && splitVerifierName(user.password).sealed,
  }
}
