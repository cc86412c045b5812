import { operation } from '../../contract/operation.ts'
import { readableAttributes } from '../../pools/attribute-rules.ts'
import type { TokenCaller } from '../caller.ts'
import { writeAttributes } from '../wire.ts'

/** Who the token's user is, as far as its client may read. The members about MFA are absent while nothing is set, as in Cognito. */
export const getUser = operation('GetUser', {
  auth: 'access-token',

  async handle(_request, _deps: object, { pool, client, user }: TokenCaller) {
    return { Username: user.username, UserAttributes: writeAttributes(user, readableAttributes(pool, client)) }
  },
})
