import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createAfterCommit } from '../../src/messaging/outbox.ts'
import { extensionsOf } from '../../src/pools/extensions/pool-extensions.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { testPool } from '../api/messaging/messaging-setup.ts'
import { skipWithoutPostgres } from '../support/postgres-stage.ts'
import { clientOf, startNode, useOwnCluster, withDatabase } from './own-database.ts'

type Node = ReturnType<typeof clientOf>

/** The access token of a user in a pool that records auth events. */
async function givenAccessToken({ sdk }: Node, password: string): Promise<string> {
  const { UserPool } = await sdk.send(
    new CreateUserPoolCommand({ PoolName: 'test', UserPoolTier: 'PLUS', UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } }),
  )
  const user = { UserPoolId: UserPool?.Id ?? '', Username: 'ana' }
  const { UserPoolClient } = await sdk.send(
    new CreateUserPoolClientCommand({ ...user, ClientName: 'test', ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH'] }),
  )
  await sdk.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }))
  await sdk.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }))
  const { AuthenticationResult } = await sdk.send(
    new AdminInitiateAuthCommand({
      ...user,
      ClientId: UserPoolClient?.ClientId,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'ana', PASSWORD: password },
    }),
  )
  return AuthenticationResult?.AccessToken ?? ''
}

describe('A failure after the commit', { skip: skipWithoutPostgres }, () => {
  const cluster = useOwnCluster()

  it('does not fail the change when an auth event cannot be recorded', async () => {
    await using node = startNode(cluster().url)
    const client = clientOf(await node.url())
    const [before, after] = ['Before-commit-1', 'After-commit-2']
    const change = { AccessToken: await givenAccessToken(client, before), PreviousPassword: before, ProposedPassword: after }
    await withDatabase(cluster().url, async (other) => {
      await other.query('begin; lock table auth_event in access exclusive mode')
      const { status, body } = await client.call('ChangePassword', change)
      assert.deepEqual([status, body], [200, {}])
      await other.query('rollback')
    })
  })

  it('does not fail the change when the result of a message cannot be read', async () => {
    const storage = await openStorage({ url: cluster().url, statementSeconds: 1 })
    try {
      await storage.migrate()
      const afterCommit = createAfterCommit({ db: storage.db, wake: () => undefined })
      const usual = extensionsOf(testPool())
      const extensions = { ...usual, messages: { ...usual.messages, onRefusal: 'FAIL' as const } }
      await withDatabase(cluster().url, async (other) => {
        await other.query('begin; lock table outbox in access exclusive mode')
        await afterCommit({ ...testPool(), extensions }, [{ message: { id: 'one' } }] as never)
        await other.query('rollback')
      })
    } finally {
      await storage.close()
    }
  })
})
