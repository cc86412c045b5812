import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { findIdentityOfPool, listProvidersOf } from './identity-administration-repository.ts'
import { writeIdentity } from './identity-wire.ts'

type Deps = { db: Db }

export const describeIdentity = operation('DescribeIdentity', {
  auth: 'iam',

  async handle({ IdentityId }, { db }: Deps) {
    const identity = await findIdentityOfPool(db, IdentityId)
    if (identity === undefined) throw new ApiError('ResourceNotFoundException', `Identity '${IdentityId}' not found.`)
    return writeIdentity(identity, (await listProvidersOf(db, [identity])).get(identity.id))
  },
})
