import type { SchemaAttributeType } from '@aws-sdk/client-cognito-identity-provider'
import { AdminGetUserCommand, DescribeUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { releaseLease, tryLease } from '../../src/storage/lease-repository.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import type { TestServer } from './test-server.ts'
import { until } from './until.ts'

type Server = Pick<TestServer, 'url' | 'send'>

/** Members of SchemaAttributeChangeType. */
export type Change = { readonly Attribute: string } & Readonly<Record<string, unknown>>

export const planChange = (server: Server, UserPoolId: string, ...Changes: readonly Change[]) =>
  callLifeguard(server, 'PlanSchemaChange', { UserPoolId, Changes })

export const startChange = (server: Server, UserPoolId: string, Changes: readonly Change[], more: object = {}) =>
  callLifeguard(server, 'StartSchemaChange', { UserPoolId, Changes, ...more })

export const describeChange = async (server: Server, UserPoolId: string) =>
  (await callLifeguard(server, 'DescribeSchemaChange', { UserPoolId })).SchemaChange

export const undoChange = (server: Server, UserPoolId: string) => callLifeguard(server, 'UndoSchemaChange', { UserPoolId })
export const finishChange = (server: Server, UserPoolId: string) => callLifeguard(server, 'FinishSchemaChange', { UserPoolId })

/** Waits until the latest change of the pool is in the state. */
export function untilState(server: Server, poolId: string, state: string) {
  return until(
    `the schema change is ${state}`,
    () => describeChange(server, poolId),
    ({ State }) => State === state,
  )
}

/** Starts a change and waits until the new schema applies. */
export async function switchTo(server: Server, poolId: string, changes: readonly Change[], more: object = {}) {
  await startChange(server, poolId, changes, more)
  return untilState(server, poolId, 'SWITCHED')
}

/** The custom and developer-only attributes of a user. */
export async function customOf(server: Server, UserPoolId: string, Username: string): Promise<Readonly<Record<string, string>>> {
  const { UserAttributes = [] } = await server.send(new AdminGetUserCommand({ UserPoolId, Username }))
  return Object.fromEntries(UserAttributes.flatMap(({ Name = '', Value = '' }) => (Name.includes(':') ? [[Name, Value]] : [])))
}

/** The custom attributes in the schema of the pool. */
export async function customSchemaOf(server: Server, UserPoolId: string): Promise<readonly SchemaAttributeType[]> {
  const { UserPool } = await server.send(new DescribeUserPoolCommand({ UserPoolId }))
  return (UserPool?.SchemaAttributes ?? []).filter(({ Name }) => Name?.includes(':'))
}

/**
 * Keeps the server from running its schema changes until `release` is called: another process has their lease. The
 * clock of the server stands still meanwhile, so the lease does not end.
 */
export async function holdChanges(server: Pick<TestServer, 'databaseUrl' | 'clock'>) {
  const storage = await openStorage({ url: server.databaseUrl })
  const lease = { name: 'schema-changes', holder: 'test' }
  await until('the server has no schema change to run', () => tryLease(storage.db, lease, server.clock.now() + 15_001, 14_000))
  let isReleased = false
  const release = async () => {
    if (isReleased) return
    isReleased = true
    await releaseLease(storage.db, lease)
    await storage.close()
  }
  return { release, [Symbol.asyncDispose]: release }
}
