import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { getIdentityPool } from '../change-identity-pool.ts'
import { writeRoles } from './roles-wire.ts'

type Deps = { db: Db }

export const getIdentityPoolRoles = operation('GetIdentityPoolRoles', {
  auth: 'iam',

  async handle(request, { db }: Deps) {
    const { id, roles } = await getIdentityPool(db, request.IdentityPoolId)
    return { IdentityPoolId: id, ...writeRoles(roles) }
  },
})
