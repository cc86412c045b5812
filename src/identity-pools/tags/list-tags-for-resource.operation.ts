import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import { requireIdentityPoolArn, writeTags } from './tags.ts'

type Deps = { db: Db; accountId: string }

export const listTagsForResource = operation('identity:ListTagsForResource', {
  auth: 'iam',

  async handle(request, { db, accountId }: Deps) {
    return writeTags(await getIdentityPool(db, requireIdentityPoolArn(request.ResourceArn, accountId)))
  },
})
