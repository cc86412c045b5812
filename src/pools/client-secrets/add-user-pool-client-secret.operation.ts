import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { newClientSecret } from '../../base/ids.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { AppClient } from '../app-client.ts'
import { writeClientSecret } from '../app-client-wire.ts'
import { changeClient } from '../change-client.ts'
import type { PoolCatalog } from '../pool-catalog.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock; secrets: Secrets }

/** The most secrets of a client: one that is in use, and one that replaces it. */
const maxSecrets = 2

/** Adds a second secret to a client. The old one stays valid, so that programs can change to the new one without a pause. */
export const addUserPoolClientSecret = operation('AddUserPoolClientSecret', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, ClientId: clientId, ClientSecret: chosen } = request
    const createdAt = deps.clock.now()
    const value = chosen ?? newClientSecret()
    let id = ''
    await changeClient(deps, { poolId, clientId }, async (client, tx) => {
      requireNewSecretAllowed(client, value)
      id = newSecretId(client, createdAt)
      await audit.record(tx, { subject: id })
      return { ...client, secrets: [...client.secrets, { id, value, createdAt }], updatedAt: createdAt }
    })
    const descriptor = writeClientSecret({ id, value, createdAt })
    return { ClientSecretDescriptor: chosen === undefined ? { ...descriptor, ClientSecretValue: value } : descriptor }
  },
})

function requireNewSecretAllowed(client: AppClient, value: string): void {
  if (client.secrets.length === 0) throw invalidParameter(`Client ${client.id} is a public client and cannot have client secrets.`)
  if (client.secrets.length >= maxSecrets) {
    throw new ApiError('LimitExceededException', `Client secrets cannot exceed limit of ${maxSecrets} secrets.`)
  }
  if (client.secrets.some((secret) => secret.value === value)) throw invalidParameter('The client has this secret already.')
}

/** The id of a new secret: the client's id and the second of creation. If another secret has that id, a later second is used. */
function newSecretId(client: AppClient, now: number): string {
  const taken = new Set(client.secrets.map((secret) => secret.id))
  let second = Math.floor(now / 1000)
  while (taken.has(`${client.id}--${second}`)) second++
  return `${client.id}--${second}`
}
