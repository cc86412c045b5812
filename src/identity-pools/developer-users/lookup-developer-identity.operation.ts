import type { Secrets } from '../../base/secrets.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { Db } from '../../storage/db.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import { findIdentityOfPool } from '../identities/identity-administration-repository.ts'
import { findOwners } from '../identities/identity-repository.ts'
import { identityNotFound } from '../identities/resolve-identity.ts'
import { developerUserNotFound, developerUserOfAnother, readDeveloperUser } from './developer-user.ts'
import { listDeveloperUsers } from './developer-user-repository.ts'

type Deps = { db: Db; secrets: Secrets }

const defaultPageSize = 60

export const lookupDeveloperIdentity = operation('LookupDeveloperIdentity', {
  auth: 'iam',

  /** The identity of a developer user and the developer users of an identity. */
  async handle({ IdentityPoolId, IdentityId, DeveloperUserIdentifier, MaxResults, NextToken }, { db, secrets }: Deps) {
    const size = MaxResults ?? defaultPageSize
    const pool = await getIdentityPool(db, IdentityPoolId)
    if (IdentityId === undefined && DeveloperUserIdentifier === undefined) {
      throw invalidParameter('Either IdentityId or DeveloperUserIdentifier must be provided.')
    }
    const user = DeveloperUserIdentifier === undefined ? undefined : readDeveloperUser(pool, DeveloperUserIdentifier)
    const [owner] = user === undefined ? [] : await findOwners(db, pool.id, [user])
    if (IdentityId !== undefined && (await findIdentityOfPool(db, IdentityId))?.identityPoolId !== pool.id) {
      throw identityNotFound(IdentityId)
    }
    if (IdentityId === undefined && owner === undefined) throw developerUserNotFound()
    if (user !== undefined && IdentityId !== undefined && owner !== IdentityId) throw developerUserOfAnother()
    const id = IdentityId ?? owner ?? ''
    const list = `LookupDeveloperIdentity ${id}`
    const after = readPageToken(secrets, list, NextToken)
    const provider = readDeveloperUser(pool, '').provider
    const found = await listDeveloperUsers(db, { poolId: pool.id, provider, identityId: id }, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { IdentityId: id, DeveloperUserIdentifierList: entries.map(({ identifier }) => identifier), NextToken: nextToken }
  },
})
