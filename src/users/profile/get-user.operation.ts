import { operation } from '../../contract/operation.ts'
import { readableAttributes } from '../../pools/attribute-rules.ts'
import type { UserCaller } from '../caller.ts'
import { writeMfa, writeMfaOptions } from '../mfa/mfa-wire.ts'
import { writeAttributes } from '../wire.ts'

/** Returns the user of the access token, with the attributes that the token's app client may read. */
export const getUser = operation('GetUser', {
  auth: 'access-token',

  async handle(_request, _deps: object, { pool, client, user }: UserCaller) {
    const UserAttributes = writeAttributes(user, readableAttributes(pool, client))
    return { Username: user.username, UserAttributes, MFAOptions: writeMfaOptions(user), ...writeMfa(user) }
  },
})
