import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminListUserSessionsCommand,
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  GetClientTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { claimsOf, givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { agree, envelopeOf, givenPoolWith, refuse, refusedBy } from '../../support/sign-in-triggers.ts'
import { useTestServer } from '../../support/test-server.ts'
import { exchange } from '../../support/tokens.ts'
import { type Handler, openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'
import { track } from '../tokens/sessions/session-calls.ts'

const scopes = ['api/read', 'api/write']
const metadata = { purpose: 'report' }

for (const engine of engines) {
  describe(`PreTokenGeneration for clients and sessions on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function givenMachine(version: 'V1_0' | 'V2_0' | 'V3_0', handler: Handler) {
      const triggers = endpoint.given({ PreTokenGeneration: handler }, { version })
      const { poolId } = await givenPoolWith(server(), triggers)
      const Scopes = ['read', 'write'].map((ScopeName) => ({ ScopeName, ScopeDescription: ScopeName }))
      await server().send(new CreateResourceServerCommand({ UserPoolId: poolId, Identifier: 'api', Name: 'api', Scopes }))
      const ExplicitAuthFlows = ['ALLOW_CLIENT_TOKEN_AUTH'] as unknown as CreateUserPoolClientCommandInput['ExplicitAuthFlows']
      const request = { UserPoolId: poolId, ClientName: 'machine', GenerateSecret: true, ExplicitAuthFlows, AllowedOAuthScopes: scopes }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(request))
      const { ClientId = '', ClientSecret: Secret = '' } = UserPoolClient ?? {}
      const get = async () => {
        const command = new GetClientTokenCommand({ ClientId, Secret, ClientMetadata: metadata })
        return claimsOf((await server().send(command)).ClientAuthenticationResult?.AccessToken ?? '')
      }
      return { poolId, clientId: ClientId, triggers, get }
    }

    it('is invoked for client credentials in its third version only', async () => {
      for (const version of ['V1_0', 'V2_0'] as const) {
        const { triggers, get } = await givenMachine(version, refuse)
        assert.equal((await get())['scope'], scopes.join(' '))
        assert.deepEqual(triggers.fired, [])
      }
      const { poolId, clientId, triggers, get } = await givenMachine('V3_0', agree)
      await get()
      const [event] = triggers.events as [TriggerEvent]
      const { callerContext, ...envelope } = envelopeOf(event)
      const triggerSource = 'TokenGeneration_ClientCredentials'
      assert.deepEqual(envelope, { version: '3', region: 'us-east-1', userPoolId: poolId, userName: 'ClientCredentials', triggerSource })
      assert.equal(callerContext.clientId, clientId)
      assert.deepEqual(event.request, { userAttributes: {}, groupConfiguration: null, scopes, clientMetadata: metadata })
      assert.deepEqual(event.response, { claimsAndScopeOverrideDetails: null })
    })

    it('changes the claims and scopes of a client’s token, but not sub or client_id', async () => {
      const accessTokenGeneration = {
        claimsToAddOrOverride: { tenant: { id: 7 }, sub: 'evil', client_id: 'evil' },
        scopesToAdd: ['more'],
        scopesToSuppress: ['api/write'],
      }
      const response = { claimsAndScopeOverrideDetails: { accessTokenGeneration } }
      const { clientId, get } = await givenMachine('V3_0', (event) => ({ ...event, response }))
      const { tenant, sub, client_id, scope } = await get()
      assert.deepEqual({ tenant, sub, client_id, scope }, { tenant: { id: 7 }, sub: clientId, client_id: clientId, scope: 'api/read more' })
      await assert.rejects((await givenMachine('V3_0', refuse)).get(), refusedBy('PreTokenGeneration'))
    })

    for (const trigger of ['PostAuthentication', 'PreTokenGeneration'] as const) {
      it(`stores no session for a sign-in that ${trigger} rejects`, async () => {
        const { poolId, clientId } = await givenPoolWith(server(), endpoint.given({ [trigger]: refuse }))
        await track(server(), poolId)
        await givenUser(server(), poolId, 'ana')
        await assert.rejects(signInByPassword(server(), clientId, 'ana'), refusedBy(trigger))
        const { Sessions } = await server().send(new AdminListUserSessionsCommand({ UserPoolId: poolId, Username: 'ana' }))
        assert.deepEqual(Sessions, [])
      })
    }

    it('does not shorten the grace period of an exchanged refresh token by the time that the function takes', async () => {
      let takesMs = 0
      const triggers = endpoint.given({
        PreTokenGeneration: (event) => {
          server().clock.advance(takesMs)
          return event
        },
      })
      const RefreshTokenRotation = { Feature: 'ENABLED', RetryGracePeriodSeconds: 10 } as const
      const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const], RefreshTokenRotation }
      const { poolId, clientId } = await givenPoolWith(server(), triggers, { client })
      await givenUser(server(), poolId, 'ana')
      const { refreshToken } = await givenTokens(server(), clientId, 'ana')
      takesMs = 8000
      await exchange(server(), { ClientId: clientId, RefreshToken: refreshToken })
      server().clock.advance(5000)
      assert.ok((await exchange(server(), { ClientId: clientId, RefreshToken: refreshToken })).accessToken)
    })

    it('is not invoked for the reuse of a refresh token, which ends the session', async () => {
      let isOpen = true
      const triggers = endpoint.given({ PreTokenGeneration: (event) => (isOpen ? event : refuse()) })
      const RefreshTokenRotation = { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 } as const
      const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const], RefreshTokenRotation }
      const { poolId, clientId } = await givenPoolWith(server(), triggers, { client })
      await givenUser(server(), poolId, 'ana')
      const { refreshToken } = await givenTokens(server(), clientId, 'ana')
      const second = await exchange(server(), { ClientId: clientId, RefreshToken: refreshToken })
      triggers.clear()
      isOpen = false
      const reuse = exchange(server(), { ClientId: clientId, RefreshToken: refreshToken })
      await assert.rejects(reuse, { name: 'RefreshTokenReuseException' })
      assert.deepEqual(triggers.fired, [])
      isOpen = true
      const later = exchange(server(), { ClientId: clientId, RefreshToken: second.refreshToken ?? '' })
      await assert.rejects(later, { name: 'NotAuthorizedException', message: 'Refresh Token has been revoked' })
    })
  })
}
