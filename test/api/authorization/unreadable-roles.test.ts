import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { signedCall } from '../../support/signed-call.ts'

const denied = { name: 'AccessDeniedException' }
const allow = { Effect: 'Allow', Action: 'cognito-idp:ListUsers', Resource: '*' }

/** Changes the row of a role, as another release may have written it. */
async function store(server: ProductionServer, arn: string, change: { policies?: string; trust_policy?: string }): Promise<void> {
  const storage = await openStorage({ url: server.env.LIFEGUARD_DATABASE })
  await storage.db.updateTable('access_role').set(change).where('arn', '=', arn).execute()
  await storage.close()
  // The server may use the earlier policies for five seconds.
  server.clock.advance(5_000)
}

for (const engine of engines) {
  describe(`A role whose stored policies cannot be enforced, on ${engine.name}`, () => {
    it('is refused everything until it is replaced. The log says so once, and other roles go on', async () => {
      const { logger, lines } = recordingLogger('error')
      await using server = await startProductionServer(engine, { logger })
      const owner = await server.createKey()
      const pools = await givenProductionPools(server, owner)
      const [broken, whole] = [await pools.putRole('broken', [allow]), await pools.putRole('whole', [allow], { amr: 'unauthenticated' })]
      await pools.setRoles({ authenticated: broken, unauthenticated: whole })
      const logins = await pools.signIn('ana')
      const id = await pools.getId(logins)
      const [user, guest] = [await pools.getCredentials(id, logins), await pools.getCredentials(await pools.getId())]
      const listUsers = (credentials: Credentials) =>
        server.client(credentials).send(new ListUsersCommand({ UserPoolId: pools.userPoolId }))
      await listUsers(user)

      const statement = { ...allow, Condition: { FromTheFuture: { 'aws:userid': 'x' } } }
      const policies = JSON.stringify({ main: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) })
      await store(server, broken, { policies })
      for (let i = 0; i < 3; i++) {
        await assert.rejects(listUsers(user), denied)
        await assert.rejects(pools.getCredentials(id, logins), { name: 'InvalidIdentityPoolConfigurationException' })
        await listUsers(guest)
        // The role is read again.
        server.clock.advance(5_000)
      }
      assert.equal(lines.length, 1, lines.join(''))
      const { msg, role, reason } = JSON.parse(lines[0] ?? '')
      assert.deepEqual(
        [msg, role, reason],
        [
          'The policies of a role cannot be enforced. The role cannot be assumed, and its sessions may do nothing, until PutRole replaces it.',
          broken,
          'Policies.main: Statement 1: Condition "FromTheFuture" is not an operator that this server knows.',
        ],
      )

      const { Role } = await signedCall(server, owner, 'GetRole', { RoleArn: broken })
      assert.equal(JSON.stringify(Role.Policies), policies)
      await pools.putRole('broken', [allow])
      await listUsers(user)
      await pools.getCredentials(id, logins)
      assert.equal(lines.length, 1)
    })

    it('trusts no identity when its trust policy trusts all of them', async () => {
      await using server = await startProductionServer(engine)
      const pools = await givenProductionPools(server, await server.createKey())
      const guest = await pools.putRole('guest', [allow], { amr: 'unauthenticated' })
      await pools.setRoles({ unauthenticated: guest })
      const id = await pools.getId()
      await pools.getCredentials(id)
      const Principal = { Federated: 'cognito-identity.amazonaws.com' }
      const open = { Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithWebIdentity' }
      await store(server, guest, { trust_policy: JSON.stringify({ Version: '2012-10-17', Statement: [open] }) })
      await assert.rejects(pools.getCredentials(id), { name: 'InvalidIdentityPoolConfigurationException' })
    })
  })
}
