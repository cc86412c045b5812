import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import { newClientId, newClientSecret } from '../base/ids.ts'
import { invalidParameter } from '../contract/api-error.ts'
import type { CreateUserPoolClientRequest } from '../contract/generated/types.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import type { ClientSecret } from './app-client.ts'
import { readNewClient, writeClient } from './app-client-wire.ts'
import { requireLockedPool } from './change-pool.ts'
import { type CustomIds, customClientId } from './custom-ids.ts'
import { insertValidClient, type NewClientDeps } from './store-client.ts'

type Deps = NewClientDeps & CustomIds & { db: Db; clock: Clock }

export const createUserPoolClient = operation('CreateUserPoolClient', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller) {
    const { db, clock } = deps
    const id = customClientId(deps, request.ClientName) ?? newClientId()
    const now = clock.now()
    const clientSecrets = draftSecrets(request, id, now)

    return db.transaction().execute(async (tx) => {
      // The pool is locked, so that the settings that the client is checked against do not change before the commit.
      const pool = await requireLockedPool(tx, request.UserPoolId)
      const client = readNewClient(request, { id, pool, secrets: clientSecrets, now })
      await insertValidClient(tx, deps, pool, client)
      await audit.record(tx, { subject: id, detail: `name: ${client.name}` })
      return { UserPoolClient: writeClient(client) }
    })
  },
})

function draftSecrets(request: CreateUserPoolClientRequest, clientId: string, now: number): readonly ClientSecret[] {
  const { GenerateSecret: isGenerated = false, ClientSecret: chosen } = request
  if (isGenerated && chosen !== undefined) throw invalidParameter('GenerateSecret and ClientSecret cannot be used together.')
  if (!isGenerated && chosen === undefined) return []
  return [{ id: `${clientId}--${Math.floor(now / 1000)}`, value: chosen ?? newClientSecret(), createdAt: now }]
}
