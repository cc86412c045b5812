import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import { findTagMap, writeTagMap } from './tag-attribute-map.ts'

type Deps = { db: Db }

export const getPrincipalTagAttributeMap = operation('GetPrincipalTagAttributeMap', {
  auth: 'iam',

  async handle({ IdentityPoolId, IdentityProviderName }, { db }: Deps) {
    const map = findTagMap(await getIdentityPool(db, IdentityPoolId), IdentityProviderName)
    if (map === undefined) {
      throw new ApiError(
        'ResourceNotFoundException',
        `IdentityPool '${IdentityPoolId}' has no principal tags for '${IdentityProviderName}'.`,
      )
    }
    return writeTagMap(IdentityPoolId, IdentityProviderName, map)
  },
})
