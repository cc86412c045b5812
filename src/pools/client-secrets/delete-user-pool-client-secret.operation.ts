import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { changeClientSecrets } from './change-client-secrets.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock; secrets: Secrets }

/** The secret is good for nothing from now on. The last one stays: without it anybody could pass for the client. */
export const deleteUserPoolClientSecret = operation('DeleteUserPoolClientSecret', {
  auth: 'iam',

  async handle(request, deps: Deps) {
    const { UserPoolId: poolId, ClientId: clientId, ClientSecretId: id } = request
    await changeClientSecrets(deps, poolId, clientId, deps.clock.now(), (client) => {
      const left = client.secrets.filter((secret) => secret.id !== id)
      if (left.length === client.secrets.length) throw new ApiError('ResourceNotFoundException', `Client secret ${id} does not exist.`)
      if (left.length === 0) throw invalidParameter('The last secret of a client cannot be deleted.')
      return left
    })
    return {}
  },
})
