import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../pools/page-token.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { type Passkey, requireNoReset } from './passkey.ts'
import { findPasskeys } from './passkey-repository.ts'
import { writePasskey } from './passkey-wire.ts'

const longestPage = 20

/** A signed-in user's passkeys, the oldest first. A MaxResults of 0 says no more than none. */
export const listWebAuthnCredentials = operation('ListWebAuthnCredentials', {
  auth: 'access-token',

  async handle(request, { db, secrets }: { db: Db; secrets: Secrets }, { pool, user }: TokenCaller) {
    requireNoReset(user)
    const list = `passkeys ${pool.id}/${user.sub}`
    const after = readPageToken(secrets, list, request.NextToken) ?? ''
    // So few that all of them are read. A page goes on by time, since the passkey that ended the last one may be gone.
    const placed = (await findPasskeys(db, pool.id, user.sub)).map((passkey) => ({ id: placeOf(passkey), passkey }))
    const rest = placed.filter(({ id }) => id > after)
    const { entries, nextToken } = pageOf(rest, request.MaxResults || longestPage, secrets, list)
    return { Credentials: entries.map(({ passkey }) => writePasskey(passkey)), NextToken: nextToken }
  },
})

/** Sorts as the repository does. */
const placeOf = ({ createdAt, id }: Passkey): string => `${createdAt.toString().padStart(16, '0')} ${id}`
