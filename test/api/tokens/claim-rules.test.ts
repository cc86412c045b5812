import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminAddUserToGroupCommand, CreateGroupCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { giveAttributes } from '../../support/mfa.ts'
import { basic, givenClient, givenResourceServer, machineClient, requestToken } from '../../support/oauth.ts'
import { claimsOf, givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

for (const engine of engines) {
  describe(`The claims that a pool adds to its tokens on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function givenAna(Claims: readonly object[], options = {}) {
      const { poolId, clientId } = await server().givenPool(options)
      await setClaims(poolId, Claims)
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', { email: 'ana@example.test', email_verified: 'true' })
      for (const GroupName of ['app-boss', 'app-staff', 'other']) {
        await server().send(new CreateGroupCommand({ UserPoolId: poolId, GroupName }))
        await server().send(new AdminAddUserToGroupCommand({ UserPoolId: poolId, GroupName, Username: 'ana' }))
      }
      return { poolId, clientId }
    }
    const setClaims = (UserPoolId: string, Claims: readonly object[]) =>
      callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId, Tokens: { Claims } })

    async function claimsFor(clientId: string) {
      const { idToken, accessToken } = await givenTokens(server(), clientId, 'ana')
      return { id: claimsOf(idToken), access: claimsOf(accessToken) }
    }

    it('come from constants, attributes and groups, and can stand inside of one claim', async () => {
      const { clientId } = await givenAna([
        { Name: 'tenant', Constant: { id: 7 } },
        { Name: 'user', Inside: 'https://api.test/claims', Attribute: 'sub', Tokens: ['ACCESS'] },
        { Name: 'verified', Inside: 'https://api.test/claims', Attribute: 'email_verified', Tokens: ['ACCESS'] },
        { Name: 'nick', Attribute: 'nickname' },
        { Name: 'roles', Groups: { Prefix: 'app-', RemovePrefix: true, Rename: { 'app-boss': 'admin' } } },
        { Name: 'cognito:groups', Groups: { Prefix: 'app-' }, Tokens: ['ID'] },
        { Name: 'aud', Constant: ['https://api.test', 'other'], Tokens: ['ACCESS'] },
      ])
      const { id, access } = await claimsFor(clientId)
      assert.deepEqual([id['tenant'], access['tenant']], [{ id: 7 }, { id: 7 }])
      assert.deepEqual(access['https://api.test/claims'], { user: access['sub'], verified: true })
      assert.deepEqual([id['https://api.test/claims'], id['nick']], [undefined, undefined])
      assert.deepEqual(
        [(id['roles'] as string[]).sort(), (access['roles'] as string[]).sort()],
        [
          ['admin', 'staff'],
          ['admin', 'staff'],
        ],
      )
      assert.deepEqual((id['cognito:groups'] as string[]).sort(), ['app-boss', 'app-staff'])
      assert.equal((access['cognito:groups'] as string[]).length, 3)
      assert.deepEqual([id['aud'], access['aud']], [clientId, ['https://api.test', 'other']])
    })

    it('are for the named clients only, and also in tokens that a client gets for itself', async () => {
      const { poolId, clientId } = await givenAna([])
      await givenResourceServer(server(), poolId)
      const machine = await givenClient(server(), poolId, machineClient)
      await setClaims(poolId, [
        { Name: 'tenant', Constant: 'seven', ClientIds: [machine.clientId] },
        { Name: 'roles', Groups: {}, ClientIds: [machine.clientId] },
      ])
      const { id, access } = await claimsFor(clientId)
      assert.deepEqual([id['tenant'], access['tenant']], [undefined, undefined])
      const { body } = await requestToken(server(), { grant_type: 'client_credentials' }, basic(machine.clientId, machine.secret))
      const claims = claimsOf(String(body['access_token']))
      assert.deepEqual([claims['tenant'], claims['roles']], ['seven', undefined])
    })

    it('can be changed by the PreTokenGeneration trigger, which comes after them', async () => {
      const change = { claimsToAddOrOverride: { tenant: 'theirs' }, claimsToSuppress: ['plan'] }
      const response = { claimsAndScopeOverrideDetails: { idTokenGeneration: change, accessTokenGeneration: change } }
      const triggers = endpoint.given({ PreTokenGeneration: (event: object) => ({ ...event, response }) }, { version: 'V2_0' })
      const rules = [
        { Name: 'tenant', Constant: 'ours' },
        { Name: 'plan', Constant: 'free' },
      ]
      const { clientId } = await givenAna(rules, { pool: { LambdaConfig: triggers.lambdaConfig } })
      const { id, access } = await claimsFor(clientId)
      assert.deepEqual([id['tenant'], access['tenant'], id['plan'], access['plan']], ['theirs', 'theirs', undefined, undefined])
    })

    it('cannot be those that say what a token is', async () => {
      const { poolId } = await server().givenPool()
      const wrong = [
        { Name: 'sub', Constant: 'eve' },
        { Name: 'x', Inside: 'iss', Constant: 'eve' },
        { Name: 'token_use', Constant: 'id' },
        { Name: 'scope', Constant: 'aws.cognito.signin.user.admin' },
        { Name: 'aud', Constant: 'other' },
        { Name: 'aud', Constant: 'other', Tokens: ['ID'] },
        { Name: 'cognito:username', Constant: 'eve' },
        { Name: 'cognito:groups', Constant: ['admin'] },
        { Name: 'dev:x', Constant: 1 },
        { Name: 'x' },
        { Name: 'x', Constant: 1, Attribute: 'email' },
        { Name: 'x', Constant: 'x'.repeat(4097) },
      ]
      for (const rule of wrong) {
        await assert.rejects(setClaims(poolId, [rule]), { name: 'InvalidParameterException' }, JSON.stringify(rule).slice(0, 80))
      }
    })
  })
}
