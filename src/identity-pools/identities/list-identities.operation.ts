import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { Db } from '../../storage/db.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import { listIdentitiesOf, listProvidersOf } from './identity-administration-repository.ts'
import { writeIdentity } from './identity-wire.ts'

type Deps = { db: Db; secrets: Secrets }

export const listIdentities = operation('ListIdentities', {
  auth: 'iam',

  async handle({ IdentityPoolId, MaxResults, NextToken, HideDisabled = false }, { db, secrets }: Deps) {
    await getIdentityPool(db, IdentityPoolId)
    const list = `ListIdentities ${IdentityPoolId}`
    const after = readPageToken(secrets, list, NextToken)
    const found = await listIdentitiesOf(db, IdentityPoolId, { after, limit: MaxResults + 1, hideDisabled: HideDisabled })
    const { entries, nextToken } = pageOf(found, MaxResults, secrets, list)
    const providers = await listProvidersOf(db, entries)
    return {
      IdentityPoolId,
      Identities: entries.map((identity) => writeIdentity(identity, providers.get(identity.id))),
      NextToken: nextToken,
    }
  },
})
