import type { Secrets } from '../base/secrets.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { getIdentityPool } from './change-identity-pool.ts'
import { writeIdentityPool } from './identity-pool-wire.ts'

type Deps = { db: Db; secrets: Secrets }

export const describeIdentityPool = operation('DescribeIdentityPool', {
  auth: 'iam',

  async handle(request, { db, secrets }: Deps) {
    return writeIdentityPool(secrets, await getIdentityPool(db, request.IdentityPoolId))
  },
})
