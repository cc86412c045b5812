import {
  DescribeUserPoolClientCommand,
  ListUserPoolClientsCommand,
  type UserPoolClientType,
} from '@aws-sdk/client-cognito-identity-provider'
import { invalidParameter } from '../../contract/api-error.ts'
import type { AppClient, ClientSecret } from '../../pools/app-client.ts'
import { findAppClient, lockAppClient } from '../../pools/app-client-repository.ts'
import { readClientUpdate, readNewClient } from '../../pools/app-client-wire.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import { insertValidClient, updateValidClient } from '../../pools/store-client.ts'
import type { Tx } from '../../storage/db.ts'
import { auditOf, type Copy, copyThing, requestOf } from './copy-context.ts'
import { pagesOf } from './source.ts'

const kind = 'app clients'

/** Copies the app clients with their ids, secrets and dates. Returns what the former pool shows of them. */
export async function copyClients(copy: Copy): Promise<readonly UserPoolClientType[]> {
  const all: UserPoolClientType[] = []
  for await (const page of clientPages(copy)) {
    for (const { ClientId } of page) {
      const { UserPoolClient: shown } = await copy.source.read('settings', (client) =>
        client.send(new DescribeUserPoolClientCommand({ UserPoolId: copy.poolId, ClientId })),
      )
      if (shown?.ClientId === undefined) continue
      all.push(shown)
      await copyClient(copy, shown, shown.ClientId)
    }
  }
  return all
}

function clientPages({ source, poolId }: Copy) {
  return pagesOf(async (token) => {
    const answer = await source.read('settings', (client) =>
      client.send(new ListUserPoolClientsCommand({ UserPoolId: poolId, MaxResults: 60, NextToken: token })),
    )
    return { items: answer.UserPoolClients, next: answer.NextToken }
  })
}

async function copyClient(copy: Copy, shown: UserPoolClientType, id: string): Promise<void> {
  const { deps, poolId, report } = copy
  const { ClientSecret: secret, ...settings } = shown
  const request = { update: requestOf('UpdateUserPoolClient', settings), secret: secret ?? null }
  if (shown.ClientType === 'DCR') report.note(`App client ${id} registered itself there. Here it is an ordinary client.`)
  await copyThing(copy, { kind, id, shown: request }, async () => {
    await deps.db.transaction().execute(async (tx) => {
      await storeClient(copy, tx, shown, id)
      await auditOf(deps, poolId, 'CreateUserPoolClient').record(tx, { subject: id, detail: `name: ${shown.ClientName}` })
    })
    await deps.pools.invalidate(poolId)
  })
}

async function storeClient({ deps, poolId }: Copy, tx: Tx, shown: UserPoolClientType, id: string): Promise<void> {
  const pool = await requireLockedPool(tx, poolId)
  const { ClientSecret: secret, ...settings } = shown
  const now = deps.clock.now()
  const createdAt = shown.CreationDate?.getTime() ?? now
  const secrets: readonly ClientSecret[] =
    secret === undefined ? [] : [{ id: `${id}--${Math.floor(createdAt / 1000)}`, value: secret, createdAt }]
  const before = await lockAppClient(tx, deps.secrets, poolId, id)
  if (before !== undefined) {
    const changed = readClientUpdate(pool, before, requestOf('UpdateUserPoolClient', settings), now)
    return updateValidClient(tx, deps, pool, { ...changed, secrets: mergedSecrets(before, secrets) })
  }
  if ((await findAppClient(tx, deps.secrets, id)) !== undefined) throw invalidParameter('Another pool has an app client with this id.')
  const client = readNewClient(requestOf('CreateUserPoolClient', settings), { id, pool, secrets, now: createdAt })
  await insertValidClient(tx, deps, pool, { ...client, updatedAt: shown.LastModifiedDate?.getTime() ?? createdAt })
}

/** The secret of the former pool comes first. A second secret that was made here stays. */
function mergedSecrets(before: AppClient, secrets: readonly ClientSecret[]): readonly ClientSecret[] {
  const [first] = secrets
  if (first === undefined || before.secrets.some(({ value }) => value === first.value)) return before.secrets
  return [first, ...before.secrets.slice(1)]
}
