import { randomUUID } from 'node:crypto'
import type { Input, OperationName, Output } from '../../src/contract/operation.ts'
import { type IdentityLogin, subjectKeyOf } from '../../src/identity-pools/identity.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { codeOf } from '../api/generator/answers.ts'
import { send } from '../api/generator/send.ts'
import type { TestServer } from './test-server.ts'

/** A response as JSON: times are numbers. */
type InJson<T> = T extends Date ? number : T extends object ? { [Member in keyof T]: InJson<T[Member]> } : T

/**
 * Calls an operation with JSON.
 * @throws Error with the name and message of the response
 */
export async function callJson<N extends OperationName>(
  server: TestServer,
  operation: N,
  request: Input<N> | object,
  headers: Readonly<Record<string, string>> = {},
): Promise<InJson<NonNullable<Output<N>>>> {
  const answer = await send(server, operation, request, headers)
  if (answer.status === 200) return answer.body as never
  const error = new Error(String(answer.body['message']))
  error.name = codeOf(answer)
  throw error
}

/** Creates an identity pool. `more` replaces members of the request. */
export async function givenIdentityPool(server: TestServer, more: Partial<Input<'CreateIdentityPool'>> = {}) {
  const pool = await callJson(server, 'CreateIdentityPool', {
    IdentityPoolName: 'test',
    AllowUnauthenticatedIdentities: true,
    ...more,
  })
  return { ...pool, arn: identityPoolArn(server, pool.IdentityPoolId) }
}

export const identityPoolArn = ({ region }: Pick<TestServer, 'region'>, id: string) =>
  `arn:aws:cognito-identity:${region}:000000000000:identitypool/${id}`

type StoredIdentity = { readonly logins?: readonly IdentityLogin[]; readonly isDisabled?: boolean }

type Server = Pick<TestServer, 'databaseUrl' | 'region' | 'clock'>

/** Stores identities in the pool. Returns their ids in ascending order. */
export async function storeIdentities(server: Server, poolId: string, identities: readonly StoredIdentity[]): Promise<readonly string[]> {
  const now = server.clock.now()
  const ids = identities.map(() => `${server.region}:${randomUUID()}`).sort()
  const rows = identities.map(({ logins = [], isDisabled = false }, at) => ({
    id: ids[at] ?? '',
    identity_pool_id: poolId,
    created_at: now,
    updated_at: now + 1000,
    disabled_at: isDisabled ? now : null,
    had_login: logins.length > 0 ? (1 as const) : (0 as const),
  }))
  const logins = identities.flatMap(({ logins = [] }, at) =>
    logins.map(({ provider, subject }) => ({
      identity_pool_id: poolId,
      provider,
      subject_key: subjectKeyOf(subject),
      subject,
      identity_id: ids[at] ?? '',
      created_at: now,
    })),
  )
  const storage = await openStorage({ url: server.databaseUrl })
  try {
    if (rows.length > 0) await storage.db.insertInto('identity').values(rows).execute()
    if (logins.length > 0) await storage.db.insertInto('identity_login').values(logins).execute()
  } finally {
    await storage.close()
  }
  return ids
}

/** The number of stored identities and logins of the pool. */
export async function countIdentityRows(server: Server, poolId: string) {
  const storage = await openStorage({ url: server.databaseUrl })
  try {
    const count = async (table: 'identity' | 'identity_login') =>
      (await storage.db.selectFrom(table).select('identity_pool_id').where('identity_pool_id', '=', poolId).execute()).length
    return { identities: await count('identity'), logins: await count('identity_login') }
  } finally {
    await storage.close()
  }
}
