import type { Clock } from '../../base/clock.ts'
import { newClientSecret } from '../../base/ids.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { AppClient } from '../app-client.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { changeClientSecrets } from './change-client-secrets.ts'
import { writeClientSecret } from './client-secret-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock; secrets: Secrets }

/** One that is in use and one that takes its place. */
const mostSecrets = 2

/** From now on both secrets are good, so that a program can go over to the new one without a pause. */
export const addUserPoolClientSecret = operation('AddUserPoolClientSecret', {
  auth: 'iam',

  async handle(request, deps: Deps) {
    const { UserPoolId: poolId, ClientId: clientId, ClientSecret: chosen } = request
    const createdAt = deps.clock.now()
    const value = chosen ?? newClientSecret()
    let id = ''
    await changeClientSecrets(deps, poolId, clientId, createdAt, (client) => {
      requireRoomForSecret(client, value)
      id = newSecretId(client, createdAt)
      return [...client.secrets, { id, value, createdAt }]
    })
    const descriptor = writeClientSecret({ id, value, createdAt })
    return { ClientSecretDescriptor: chosen === undefined ? { ...descriptor, ClientSecretValue: value } : descriptor }
  },
})

function requireRoomForSecret(client: AppClient, value: string): void {
  if (client.secrets.length === 0) throw invalidParameter(`Client ${client.id} is a public client and cannot have client secrets.`)
  if (client.secrets.length >= mostSecrets) {
    throw new ApiError('LimitExceededException', `Client secrets cannot exceed limit of ${mostSecrets} secrets.`)
  }
  if (client.secrets.some((secret) => secret.value === value)) throw invalidParameter('The client has this secret already.')
}

/** Named after the second it was made in, or the next one that no secret of the client is named after. */
function newSecretId(client: AppClient, now: number): string {
  const taken = new Set(client.secrets.map((secret) => secret.id))
  let second = Math.floor(now / 1000)
  while (taken.has(`${client.id}--${second}`)) second++
  return `${client.id}--${second}`
}
