import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { Db } from '../../storage/db.ts'
import type { UserCaller } from '../caller.ts'
import { type Passkey, requireNoPasswordReset } from './passkey.ts'
import { findPasskeys } from './passkey-repository.ts'
import { writePasskey } from './passkey-wire.ts'

const largestPage = 20

/** Lists the passkeys of a signed-in user, the oldest first. A MaxResults of 0 means the same as a missing one. */
export const listWebAuthnCredentials = operation('ListWebAuthnCredentials', {
  auth: 'access-token',

  async handle(request, { db, secrets }: { db: Db; secrets: Secrets }, { pool, user }: UserCaller) {
    requireNoPasswordReset(user)
    const list = `passkeys ${pool.id}/${user.sub}`
    const after = readPageToken(secrets, list, request.NextToken) ?? ''
    // A user has few passkeys, so all of them are read. The pagination token holds a time as well as an id, so that it still works after
    // the last passkey of its page was deleted.
    const sorted = (await findPasskeys(db, pool.id, user.sub)).map((passkey) => ({ id: sortKeyOf(passkey), passkey }))
    const rest = sorted.filter(({ id }) => id > after)
    const { entries, nextToken } = pageOf(rest, request.MaxResults || largestPage, secrets, list)
    return { Credentials: entries.map(({ passkey }) => writePasskey(passkey)), NextToken: nextToken }
  },
})

/** A text for each passkey. Sorted by these texts, passkeys have the order of `findPasskeys`. */
const sortKeyOf = ({ createdAt, id }: Passkey): string => `${createdAt.toString().padStart(16, '0')} ${id}`
